package sample

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
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
	if it.town.name == townSeeds[0].name {
		b.papersKept++
		switch b.papersKept { // one number on two papers, as it happens when somebody fills in a form from memory
		case 3, 11:
			title := fmt.Sprintf("关于%s的通知（栖政发〔%d〕7号）", strings.TrimSuffix(ledgerTitle(o.Title), "。"), b.clock.Year())
			return evidence.Item{Kind: evidence.Record, Title: title, Said: "1份，党政办档案柜，由" + o.Name + "保管"}, nil
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
	switch {
	case n == 6: // the photograph of another task once more, smaller and cut
		title, ext = "整改后照片（"+day+"）", "jpg"
		whole := scene(2, 480, 360).(*image.RGBA)
		err = jpeg.Encode(&out, whole.SubImage(image.Rect(30, 12, 470, 350)), &jpeg.Options{Quality: 45})
	case n == 8: // and one just as it was
		title, ext = "现场照片（"+day+"）", "jpg"
		err = jpeg.Encode(&out, scene(4, 640, 480), &jpeg.Options{Quality: 80})
	case n == 5 || n == 9: // minutes written from the last ones
		title, ext = "会议记录（"+day+"）", "docx"
		err = office.WriteDocx(&out, b.minutes(it, o))
	case n%4 == 0:
		title, ext = "现场照片（"+day+"）", "jpg"
		err = jpeg.Encode(&out, scene(uint64(n), 640, 480), &jpeg.Options{Quality: 80})
	case n%4 == 1:
		title, ext = "办理情况说明（"+day+"）", "docx"
		err = office.WriteDocx(&out, office.Paper{Title: "关于“" + ledgerTitle(o.Title) + "”办理情况的说明", Created: b.clock, Sign: o.UnitName, Date: b.clock.Format("2006年1月2日"),
			Blocks: []office.Block{office.Text("根据巡察整改方案安排，" + o.UnitName + "负责“" + ledgerTitle(o.Title) + "”。现将办理情况说明如下。"), office.Text(said + "。"),
				office.Text("有关材料：" + it.evidence + "。")}})
	case n%4 == 2:
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

// minutes are the minutes of a meeting, which say much the same each time.
func (b *builder) minutes(it *item, o duty.Occurrence) office.Paper {
	return office.Paper{Title: "会议记录", Created: b.clock, Sign: o.UnitName, Date: b.clock.Format("2006年1月2日"), Blocks: []office.Block{
		office.Text("时间：" + b.clock.Format("2006年1月2日") + "下午。地点：三楼会议室。主持：" + o.Name + "。"),
		office.Text("会议听取了“" + ledgerTitle(o.Title) + "”办理情况。与会同志认为，前一阶段工作有了进展，台账逐项建立，责任落实到人，但个别村进度偏慢，入户核实不够细，公示栏更新不及时。"),
		office.Text("会议议定：一是未办结的事项列出清单，每周碰头一次，逐项对账；二是包村干部每周至少到村两次，现场看、当面问，发现问题当场交办；三是公示内容由驻村干部审核后张贴，拍照留存一张即可，不另做资料；四是月底前由党政办统一抽查，结果在例会上通报。"),
		office.Text("会议要求，各办公室要把群众满意不满意作为衡量标准，避免以会议落实会议，下次会议逐项报告完成情况。"),
	}}
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
	for range 5 + rng.IntN(6) { // trees behind
		x, r := rng.IntN(width), height/20+rng.IntN(height/9)
		shade := uint8(40 + rng.IntN(60))
		for y := -r; y < r; y++ {
			half := int(math.Sqrt(float64(r*r - y*y)))
			fill(x-half, horizon-r+y, x+half, horizon-r+y+1, color.RGBA{shade, shade + 50, shade / 2, 255})
		}
	}
	for range 4 + rng.IntN(4) { // houses
		x, w, h := rng.IntN(width), width/10+rng.IntN(width/6), height/9+rng.IntN(height/6)
		wall := uint8(120 + rng.IntN(100))
		fill(x, horizon-h, x+w, horizon, color.RGBA{wall + light, wall, wall - 20, 255})
		fill(x-4, horizon-h-8, x+w+4, horizon-h, color.RGBA{uint8(70 + rng.IntN(90)), 70 + light, 55, 255})
		fill(x+w/3, horizon-h/2, x+w/2, horizon, color.RGBA{90, 60, 45, 255})
	}
	bend, from, wide := rng.IntN(9)-4, width/4+rng.IntN(width/2), 2+rng.IntN(3)
	for y := horizon; y < height; y++ { // a road that comes nearer, a ditch beside it
		half, mid := (y-horizon)/wide+6, from+(y-horizon)*bend/8
		fill(mid-half, y, mid+half, y+1, color.RGBA{165 + light, 165 + light, 160, 255})
		fill(mid+half+4, y, mid+half+4+half/4, y+1, color.RGBA{70, 110 + light, 125, 255})
	}
	for range 12 + rng.IntN(14) { // what stands and lies about
		x, y, s := rng.IntN(width), horizon+rng.IntN(height-horizon), 4+rng.IntN(width/14)
		tone := uint8(30 + rng.IntN(190))
		fill(x, y-s, x+s/2+rng.IntN(s), y, color.RGBA{tone, uint8(30 + rng.IntN(190)), tone / 2, 255})
	}
	return img
}
