package report

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"bihuan/ledger"
)

// rows gives as many findings as fill n rows of the ledger, or of the lists.
func rows(n int, of func(ledger.Finding) int) []ledger.Finding {
	list := many(n)
	for i, f := range list {
		if n -= of(f); n <= 0 {
			return list[:i+1]
		}
	}
	return list
}

// BenchmarkPapers writes a ledger of 10,000 rows and lists of 1,000 rows each. peak-MB is the most memory that the process has held
// since its start: run one paper at a time to know its own (-bench Papers/台账).
func BenchmarkPapers(b *testing.B) {
	inLedger := func(f ledger.Finding) int { return len(ledger.Rows(f)) }
	for _, c := range []struct {
		paper Paper
		rows  int
		of    func(ledger.Finding) int
	}{
		{Papers[0], 10_000, inLedger},
		{Papers[1], 1000, func(f ledger.Finding) int { return max(1, len(f.Manifestations)) }},
		{Papers[2], 1000, func(f ledger.Finding) int { return max(1, len(f.Measures)) }},
		{Papers[3], 1000, func(ledger.Finding) int { return 1 }},
		{Papers[4], 1000, inLedger},
	} {
		findings := rows(c.rows, c.of)
		b.Run(fmt.Sprintf("%s/%d", c.paper.Name, c.rows), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.paper.Write(io.Discard, sampleHead, findings); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(peak(b), "peak-MB")
		})
	}
}

// peak is the most memory that the process has held, in MB.
func peak(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmHWM:" {
			kb, err := strconv.ParseFloat(f[1], 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb / 1024
		}
	}
	return 0
}
