package screening

import (
	"os"
	"testing"
)

func BenchmarkRunX(b *testing.B) {
	dir := os.Getenv("SCREEN_DIR")
	for b.Loop() {
		in := Input{Params: Params{AsOf: "2026-06-30", Threshold: 80, FirstMonth: "birthday"}}
		for _, x := range [][2]string{{"residents", "residents.csv"}, {"roll", "allowance.csv"}, {"dibao", "dibao.csv"}, {"deaths", "deaths.csv"}} {
			f, err := os.Open(dir + "/" + x[1])
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			info, _ := f.Stat()
			in.Lists = append(in.Lists, List{Kind: Kind(x[0]), File: x[1], Data: f, Size: info.Size()})
		}
		if _, err := Run(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}
