package sample

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"time"

	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/office"
)

// mostFiles is how many files the sample has as evidence: enough to see each kind, few enough to be made at once.
const mostFiles = 16

// proof is what proves that something was done: mostly words or a paper in a cupboard, for the first town now and then a file.
func (b *builder) proof(ctx context.Context, it *item, o duty.Occurrence, said string) (evidence.Item, error) {
	papers := strings.Split(it.evidence, "、")
	name := papers[chance(o.Nominal+o.Title)%len(papers)]
	if it.town.name == townSeeds[0].name && (it.order < 2 || o.Recurs) {
		b.proofs++
		if b.proofs%5 == 1 && b.proofs/5 < mostFiles {
			return b.file(ctx, it, o, said, b.proofs/5)
		}
	}
	if chance(name+o.Title) < 40 {
		return evidence.Item{Kind: evidence.Record, Title: name, Said: "原件存" + o.UnitName + "档案柜，由" + o.Name + "保管"}, nil
	}
	return evidence.Item{Kind: evidence.Statement, Title: "办理说明", Said: said + "。经办人" + o.Name + "，可查" + name}, nil
}

// file makes the n-th file: a photograph, a paper or a table, drawn and written here.
func (b *builder) file(ctx context.Context, it *item, o duty.Occurrence, said string, n int) (evidence.Item, error) {
	day := b.clock.Format("1月2日")
	var out bytes.Buffer
	var err error
	var title, ext string
	switch n % 4 {
	case 0:
		title, ext = "现场照片（"+day+"）", "jpg"
		err = jpeg.Encode(&out, scene(uint64(n), 640, 480), &jpeg.Options{Quality: 80})
	case 1:
		title, ext = "办理情况说明（"+day+"）", "docx"
		err = office.WriteDocx(&out, office.Paper{Title: "关于“" + ledgerTitle(o.Title) + "”办理情况的说明", Created: b.clock, Sign: o.UnitName, Date: b.clock.Format("2006年1月2日"),
			Blocks: []office.Block{office.Text("根据巡察整改方案安排，" + o.UnitName + "负责“" + ledgerTitle(o.Title) + "”。现将办理情况说明如下。"), office.Text(said + "。"),
				office.Text("有关材料：" + it.evidence + "。")}})
	case 2:
		title, ext = "现场照片（"+day+"）", "png"
		err = png.Encode(&out, scene(uint64(n), 480, 360))
	default:
		title, ext = "签到表（"+day+"）", "xlsx"
		err = office.WriteXlsx(&out, b.signIn(it, o))
	}
	if err != nil {
		return evidence.Item{}, fmt.Errorf("%s: %w", title, err)
	}
	stored, err := b.files.PutReader(ctx, &out, 1<<20)
	if err != nil {
		return evidence.Item{}, err
	}
	item := evidence.Item{Title: title, Said: said}
	item.Attach(stored, title+"."+ext)
	return item, nil
}

// ledgerTitle is a title without what a list put behind it.
func ledgerTitle(s string) string { return strings.TrimSuffix(s, "…") }

// signIn is a sheet that people signed.
func (b *builder) signIn(it *item, o duty.Occurrence) office.Book {
	t := office.Table{Columns: []office.Column{{Title: "序号"}, {Title: "姓名", Width: 8}, {Title: "单位", Width: 14}, {Title: "签到时间", Width: 10}}}
	at := time.Date(2000, 1, 1, 14, 20, 0, 0, time.UTC)
	for i, d := range offices {
		row := []string{fmt.Sprint(i + 1), it.town.heads[d.key].name, d.name, at.Add(time.Duration(i*97) * time.Second).Format("15:04")}
		var cells []office.TableCell
		for _, text := range row {
			cells = append(cells, office.TableCell{Text: text})
		}
		t.Rows = append(t.Rows, office.Row{Cells: cells})
	}
	return office.Book{Title: o.Title, Created: b.clock, Sheets: []office.Sheet{{Name: "签到", Title: "“" + ledgerTitle(o.Title) + "”签到表", Table: t, Portrait: true}}}
}

// scene draws a village lane as a phone might see it: sky, houses, a road and a ditch. No two are alike.
func scene(seed uint64, width, height int) image.Image {
	rng := rand.New(rand.NewPCG(seed, 7))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	horizon := height*2/5 + rng.IntN(height/10)
	light := uint8(rng.IntN(30))
	for y := range height {
		for x := range width {
			c := color.RGBA{150 + uint8(70*y/height), 190 + light, 230, 255}
			if y > horizon {
				c = color.RGBA{90 + light, 120 + uint8(40*(y-horizon)/height), 60, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	fill := func(x0, y0, x1, y1 int, c color.RGBA) {
		for y := max(y0, 0); y < min(y1, height); y++ {
			for x := max(x0, 0); x < min(x1, width); x++ {
				img.SetRGBA(x, y, c)
			}
		}
	}
	for range 4 + rng.IntN(3) { // houses
		x, w, h := rng.IntN(width), width/8+rng.IntN(width/8), height/8+rng.IntN(height/8)
		fill(x, horizon-h, x+w, horizon, color.RGBA{200 + light, 190, 175 + light, 255})
		fill(x-4, horizon-h-8, x+w+4, horizon-h, color.RGBA{140, 70 + light, 55, 255})
		fill(x+w/3, horizon-h/2, x+w/2, horizon, color.RGBA{90, 60, 45, 255})
	}
	for y := horizon; y < height; y++ { // a road that comes nearer, a ditch beside it
		half, mid := (y-horizon)/2+6, width/2+(y-horizon)/6
		fill(mid-half, y, mid+half, y+1, color.RGBA{165 + light, 165 + light, 160, 255})
		fill(mid+half+4, y, mid+half+4+half/4, y+1, color.RGBA{70, 110 + light, 125, 255})
	}
	return img
}
