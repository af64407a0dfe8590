package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTables(t *testing.T) {
	servers := []*server{
		{peer: peer{name: "ours"}, starts: []time.Duration{9e6, 31e6, 12e6}, idle: []float64{20, 21.5, 30}},
		{peer: peer{name: "never run"}},
	}
	runs := []run{
		{Peer: "ours", Op: "list", Connections: 16, Rate: 1000, P50: 9, P99: 40, CPU: 0.5, Peak: 80, Refused: 1},
		{Peer: "ours", Op: "list", Connections: 16, Rate: 3000.4, P50: 11, P99: 60, CPU: 0.7, Peak: 70, Refused: 2},
		{Peer: "ours", Op: "list", Connections: 16, Rate: 2000, P50: 10, P99: 20, CPU: 0.6, Peak: 90, Broken: 1},
		{Peer: "ours", Op: "detail", Connections: 16, Rate: 9999},
	}
	got := startTable(servers) + loadTable("list", servers, runs)
	want := `
| start | first 200, ms (min–max) | idle MiB (PSS after 2 s) |
| --- | ---: | ---: |
| ours | 12 (9–31) | 21.5 |

| list | c | answers/s | p50 ms | p99 ms | CPU ms each | peak MiB | refused | broken |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| ours | 16 | 2000 | 10.0 | 40.0 | 0.60 | 90 | 3 | 1 |
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
}
