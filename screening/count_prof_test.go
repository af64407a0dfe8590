package screening

import (
	"os"
	"testing"
)

func BenchmarkCountX(b *testing.B) {
	dir := os.Getenv("SCREEN_DIR")
	for b.Loop() {
		in := Input{Params: Params{AsOf: "2026-06-30", Threshold: 80, FirstMonth: "birthday"}}
		for k, n := range map[Kind]string{Residents: "residents.csv", Roll: "allowance.csv", Dibao: "dibao.csv", Deaths: "deaths.csv"} {
			f, err := os.Open(dir + "/" + n)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			info, _ := f.Stat()
			in.Lists = append(in.Lists, List{Kind: k, File: n, Data: f, Size: info.Size()})
		}
		if _, err := Count(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}
