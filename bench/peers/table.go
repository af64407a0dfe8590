package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// startTable is a Markdown table of cold starts and idle memory.
func startTable(servers []*server) string {
	var b strings.Builder
	b.WriteString("\n| start | first 200, ms (min–max) | idle MiB (PSS after 2 s) |\n| --- | ---: | ---: |\n")
	for _, s := range servers {
		if len(s.starts) == 0 {
			continue
		}
		ms := func(d time.Duration) float64 { return d.Seconds() * 1000 }
		fmt.Fprintf(&b, "| %s | %.0f (%.0f–%.0f) | %.1f |\n", s.name, ms(median(s.starts)),
			ms(slices.Min(s.starts)), ms(slices.Max(s.starts)), median(s.idle))
	}
	return b.String()
}

// loadTable is a Markdown table of the medians of one operation, a line for
// each server and number of connections.
func loadTable(op string, servers []*server, all []run) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n| %s | c | answers/s | p50 ms | p99 ms | CPU ms each | peak MiB | refused | broken |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n", op)
	for _, s := range servers {
		for _, c := range connections {
			var rate, p50, p99, cpu, peak []float64
			refused, broken := 0, 0
			for _, r := range all {
				if r.Peer != s.name || r.Op != op || r.Connections != c {
					continue
				}
				rate, p50, p99 = append(rate, r.Rate), append(p50, r.P50), append(p99, r.P99)
				cpu, peak = append(cpu, r.CPU), append(peak, r.Peak)
				refused += r.Refused
				broken += r.Broken
			}
			if len(rate) == 0 {
				continue
			}
			fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %s | %.0f | %d | %d |\n", s.name, c,
				figure(median(rate)), figure(median(p50)), figure(median(p99)), figure(median(cpu)), slices.Max(peak), refused, broken)
		}
	}
	return b.String()
}

// figure writes a number with as many digits as a measurement on a shared
// machine deserves.
func figure(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.2f", x)
	}
}

// median is the middle one, or the lower of the two in the middle.
func median[T int | float64 | time.Duration](list []T) T {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[(len(sorted)-1)/2]
}
