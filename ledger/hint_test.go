package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/store"
)

// snapshot draws a picture of patches out of a seed, as a JPEG of some quality, with so many points cut off its left side.
func snapshot(t *testing.T, seed uint64, quality, cut int) []byte {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, 400, 300))
	for range 90 {
		x, y, w, h := rng.IntN(400), rng.IntN(300), 10+rng.IntN(90), 10+rng.IntN(70)
		c := color.RGBA{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256)), 255}
		for j := y; j < min(y+h, 300); j++ {
			for i := x; i < min(x+w, 400); i++ {
				img.SetRGBA(i, j, c)
			}
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img.SubImage(image.Rect(cut, 0, 400, 300)), &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// attach attaches a file to a finding.
func (w world) attach(t *testing.T, who org.Person, words, name, title string, content []byte) evidence.Item {
	t.Helper()
	stored, err := w.files.PutReader(t.Context(), bytes.NewReader(content), evidence.Most)
	ok(t, err)
	item := evidence.Item{Title: title, Event: w.now.Format(time.DateOnly)}
	item.Attach(stored, name)
	item, err = ledger.AddEvidence(t.Context(), w.db, who, w.finding(t, words).ID, item)
	ok(t, err)
	return item
}

// say attaches words to a finding.
func (w world) say(t *testing.T, who org.Person, words string, item evidence.Item) evidence.Item {
	t.Helper()
	item, err := ledger.AddEvidence(t.Context(), w.db, who, w.finding(t, words).ID, item)
	ok(t, err)
	return item
}

// hints has everything looked at and lists what somebody sees: kind, title of the thing, title of the other.
func (w world) hints(t *testing.T, who org.Person, filter ledger.HintFilter) (said []string, list []ledger.Hint) {
	t.Helper()
	_, err := ledger.LookOut(t.Context(), w.db, evidence.NewLookout(w.db, w.files), cal)
	ok(t, err)
	list, total, err := ledger.Hints(t.Context(), w.db, who, filter)
	ok(t, err)
	if total != len(list) {
		t.Errorf("%d hints listed, %d counted", len(list), total)
	}
	for _, h := range list {
		line := string(h.Kind) + " " + h.Item.Title
		if h.Other.Table != "" {
			line += " ~ " + h.Beside.Title
		}
		said = append(said, line)
	}
	slices.Sort(said)
	return said, list
}

func wantHints(t *testing.T, got []string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("hints:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const minutes = "会议听取了前一阶段办理情况，与会同志认为台账已经逐项建立，责任落实到人，但个别村进度偏慢，入户核实不够细。会议议定三件事：一是未办结的列出清单每周碰头一次；" +
	"二是包村干部每周至少到村两次，现场看当面问；三是公示内容由驻村干部审核后张贴。月底前由党政办统一抽查，结果在例会上通报。"

func docx(t *testing.T, lines ...string) []byte {
	t.Helper()
	p := office.Paper{Title: "材料", Created: time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)}
	for _, l := range lines {
		p.Blocks = append(p.Blocks, office.Text(l))
	}
	var b bytes.Buffer
	ok(t, office.WriteDocx(&b, p))
	return b.Bytes()
}

// Each kind of likeness between two findings is found, and what is only natural is not.
func TestHintsOfLikeness(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.imported(t)
		day := w.now.Format(time.DateOnly)
		w.attach(t, w.clerk, "理论学习", "甲.jpg", "照片甲", snapshot(t, 1, 90, 0))
		w.attach(t, w.clerk, "理论学习", "丙.jpg", "照片丙", snapshot(t, 2, 90, 0))
		w.attach(t, w.clerk, "理论学习", "记录.docx", "四月会议记录", docx(t, "时间：2026年4月8日", minutes))
		w.say(t, w.clerk, "理论学习", evidence.Item{Kind: evidence.Record, Title: "关于开展学习的通知（柳政发〔2026〕7号）", Said: "1份，档案柜", Event: day})
		w.say(t, w.clerk, "理论学习", evidence.Item{Kind: evidence.Statement, Title: "短", Said: "已办结，见台账", Event: day})
		said, _ := w.hints(t, w.clerk, ledger.HintFilter{})
		wantHints(t, said)

		*w.now = w.now.Add(time.Hour)
		w.attach(t, w.cadre, "积水", "甲2.jpg", "同一张", snapshot(t, 1, 90, 0))
		w.attach(t, w.cadre, "积水", "甲3.jpg", "又存一遍", snapshot(t, 1, 40, 40))
		w.attach(t, w.cadre, "积水", "丁.jpg", "照片丁", snapshot(t, 3, 90, 0))
		w.attach(t, w.cadre, "积水", "抄.docx", "五月会议记录", docx(t, "时间：2026年4月15日", strings.ReplaceAll(minutes, "党政办", "农业办")))
		w.say(t, w.cadre, "积水", evidence.Item{Kind: evidence.Record, Title: "关于清沟的通知（柳政发[2026]7号）", Said: "1份，村部", Event: day})
		w.say(t, w.cadre, "积水", evidence.Item{Kind: evidence.Statement, Title: "短二", Said: "已办结，见台账", Event: day})
		want := []string{"same 同一张 ~ 照片甲", "picture 又存一遍 ~ 照片甲", "text 五月会议记录 ~ 四月会议记录",
			"number 关于清沟的通知（柳政发[2026]7号） ~ 关于开展学习的通知（柳政发〔2026〕7号）"}
		// The whole picture is a near one of its own copy, too, and that is not said twice: the copy is what the hint is about.
		said, list := w.hints(t, w.clerk, ledger.HintFilter{})
		wantHints(t, said, want...)
		for _, h := range list {
			if h.Kind == evidence.LikePicture && (h.Score < 80 || h.Score > 100) {
				t.Errorf("score %d", h.Score)
			}
			if !h.Beside.Seen || h.Beside.Finding == 0 || h.Item.Unit != "东村" || h.Item.By != "李四喜" {
				t.Errorf("%s: %+v", h.Kind, h.Item)
			}
		}

		// Again, from the beginning, by four at once: nothing is doubled.
		ok(t, w.db.Housekeep(t.Context(), func(tx *store.Tx) error {
			for _, table := range []string{"hint", "hint_cursor", "text_print", "picture_print"} {
				if _, err := tx.Exec(t.Context(), `delete from `+table); err != nil {
					return err
				}
			}
			return nil
		}))
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := ledger.LookOut(t.Context(), w.db, evidence.NewLookout(w.db, w.files), cal); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		said, _ = w.hints(t, w.clerk, ledger.HintFilter{})
		wantHints(t, said, want...)

		// What is withdrawn needs no hint any more.
		for _, h := range list {
			if h.Kind == evidence.SameFile {
				ok(t, ledger.WithdrawEvidence(t.Context(), w.db, w.cadre, h.Subject.Row, 1, "传错了"))
			}
		}
		said, _ = w.hints(t, w.clerk, ledger.HintFilter{})
		wantHints(t, said, slices.DeleteFunc(want, func(s string) bool { return strings.HasPrefix(s, "same") })...)
	})
}

// A phrase that everybody writes is no hint; a long text is one however many have it.
func TestPhrases(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.imported(t)
		phrase := "按照整改方案要求，逐户走访核实，建立台账，落实专人负责，问题全部整改到位"
		for i := range 8 {
			*w.now = w.now.AddDate(0, 0, 1)
			words, who := "理论学习", w.clerk
			if i%2 == 1 {
				words, who = "积水", w.cadre
			}
			w.say(t, who, words, evidence.Item{Kind: evidence.Statement, Title: fmt.Sprintf("说明%d", i), Said: phrase, Event: w.now.Format(time.DateOnly)})
			w.say(t, who, words, evidence.Item{Kind: evidence.Statement, Title: fmt.Sprintf("记录%d", i), Said: minutes, Event: w.now.Format(time.DateOnly)})
		}
		_, list := w.hints(t, w.clerk, ledger.HintFilter{Kind: evidence.LikeText})
		most := 0
		for _, h := range list {
			if strings.HasPrefix(h.Item.Title, "说明") {
				t.Errorf("a phrase of the trade is a hint: %s", h.Item.Title)
			}
			most = max(most, h.Also)
		}
		if len(list) == 0 || len(list) > 8 || most < 4 {
			t.Errorf("%d hints of a long text that eight have, at most %d more named", len(list), most)
		}
	})
}

// Days that do not fit: before the feedback, on a day off, another than the picture says.
func TestHintsOfDays(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.imported(t)
		w.say(t, w.clerk, "理论学习", evidence.Item{Kind: evidence.Record, Title: "先办的记录", Said: "1份，党政办", Event: "2026-02-26", Early: "立行立改"})
		w.say(t, w.clerk, "理论学习", evidence.Item{Kind: evidence.Record, Title: "学习会议记录", Said: "2份，党政办", Event: "2026-04-12"})               // a Sunday
		w.say(t, w.clerk, "理论学习", evidence.Item{Kind: evidence.Record, Title: "清明节值班记录", Said: "会议室值守", Event: "2026-04-05"})               // a holiday, but a watch
		w.say(t, w.clerk, "理论学习", evidence.Item{Kind: evidence.Record, Title: "积水点巡查记录", Said: "1份，村部", Event: "2026-04-11"})               // Saturday, but outdoors
		w.say(t, w.clerk, "理论学习", evidence.Item{Kind: evidence.Record, Title: "培训签到表", Said: "1份，党政办", Event: "2026-02-14", Early: "此前已办"}) // a Saturday that is worked
		stored, err := w.files.PutReader(t.Context(), bytes.NewReader(snapshot(t, 9, 80, 0)), evidence.Most)
		ok(t, err)
		stored.Taken = "2026-03-20 16:08" // as a camera writes it into the file
		photo := evidence.Item{Title: "现场照片", Event: "2026-04-15"}
		photo.Attach(stored, "a.jpg")
		w.say(t, w.clerk, "理论学习", photo)
		said, list := w.hints(t, w.leader, ledger.HintFilter{})
		wantHints(t, said, "early 先办的记录", "offday 学习会议记录", "early 培训签到表", "taken 现场照片")
		for _, h := range list {
			if h.Kind == evidence.OffDay && h.Said != "2026-04-12 周日" {
				t.Errorf("day off: %q", h.Said)
			}
		}
	})
}

// What was entered in one go before an application or a visit, and what was not.
func TestBurst(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.imported(t)
		w.giveRoads(t)
		for i := range 6 { // six old things in one afternoon
			w.say(t, w.cadre, "积水", evidence.Item{Kind: evidence.Record, Title: fmt.Sprintf("巡查记录%d", i), Said: "1份，村部", Event: fmt.Sprintf("2026-03-%02d", 10+i)})
		}
		o, err := w.tell(t, w.cadre, "积水", duty.Report{Said: "积水点全部疏通"}, statement(w.now.Format(time.DateOnly)))
		ok(t, err)
		ok(t, w.decide(t, w.clerk, o, duty.Decision{Pass: true}))
		f := w.finding(t, "积水")
		_, err = ledger.Apply(t.Context(), w.db, w.clerk, f.ID, f.Version, "积水点疏通")
		ok(t, err)
		_, list := w.hints(t, w.leader, ledger.HintFilter{Kind: evidence.Burst})
		if len(list) != 1 || list[0].Item.Table != "closing" || list[0].Score != 100 || !strings.Contains(list[0].Said, "申请销号前60天登记8条，前3天占8条，其中6条") {
			t.Fatalf("burst: %+v", list)
		}

		// The share of what came late, by unit.
		lags, err := ledger.Lags(t.Context(), w.db, w.clerk, "", w.now.Add(time.Hour))
		ok(t, err)
		if len(lags) != 1 || lags[0].Unit.Name != "东村" || lags[0].Entries != 8 || lags[0].Late != 6 || lags[0].Rush != 6 || lags[0].Index() != -1 {
			t.Errorf("lags: %+v", lags)
		}
		if i := (ledger.Lag{Entries: 10, Late: 3}).Index(); i != 30 {
			t.Errorf("index %d", i)
		}
	})
}

func TestNoBurst(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.imported(t)
		w.giveRoads(t)
		for i := range 6 { // each on its day
			*w.now = w.now.AddDate(0, 0, 5)
			w.say(t, w.cadre, "积水", evidence.Item{Kind: evidence.Record, Title: fmt.Sprintf("巡查记录%d", i), Said: "1份，村部", Event: w.now.Format(time.DateOnly)})
		}
		o, err := w.tell(t, w.cadre, "积水", duty.Report{Said: "积水点全部疏通"}, statement(w.now.Format(time.DateOnly)))
		ok(t, err)
		ok(t, w.decide(t, w.clerk, o, duty.Decision{Pass: true}))
		f := w.finding(t, "积水")
		_, err = ledger.Apply(t.Context(), w.db, w.clerk, f.ID, f.Version, "积水点疏通")
		ok(t, err)
		said, _ := w.hints(t, w.leader, ledger.HintFilter{})
		wantHints(t, said)
	})
}

// What a unit has entered just before an inspection began is laid before those above it, once.
func TestBurstBeforeRound(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		plan := w.imported(t)
		for i := range 7 {
			w.say(t, w.cadre, "积水", evidence.Item{Kind: evidence.Record, Title: fmt.Sprintf("巡查记录%d", i), Said: "1份，村部", Event: fmt.Sprintf("2026-03-%02d", 10+i)})
		}
		*w.now = w.now.AddDate(0, 0, 1)
		round, err := store.One(t.Context(), w.db, store.Value[int64], `select round from plan where id = $1`, plan)
		ok(t, err)
		ok(t, w.db.Write(t.Context(), func(tx *store.Tx) error { // the next inspection, as far as it is known
			if _, err := tx.Exec(t.Context(), `update round set starts = $2, version = version + 1 where id = $1`, round, w.now.Format(time.DateOnly)); err != nil {
				return err
			}
			return journal.Append(t.Context(), tx, journal.Entry{Verb: "修改", Kind: "round", Row: round})
		}))
		for range 2 {
			ok(t, ledger.LookAtRounds(t.Context(), w.db, evidence.NewLookout(w.db, w.files), cal))
		}
		_, list := w.hints(t, w.district, ledger.HintFilter{Kind: evidence.Burst})
		if len(list) != 1 || list[0].Item.Table != "round" || list[0].Finding != 0 || list[0].Said != "巡察进驻前60天登记7条，前3天占7条，其中7条是一周以前的事" {
			t.Errorf("%+v", list)
		}
		if _, total, err := ledger.Hints(t.Context(), w.db, w.stranger, ledger.HintFilter{}); err != nil || total != 0 {
			t.Errorf("another town sees %d, %v", total, err)
		}
	})
}

// A plan that was copied names the place it was copied from.
func TestForeignPlaces(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		text := strings.Replace(paper, "排查道路积水点", "由云峰镇党委牵头排查道路积水点，学习邻镇经验", 1)
		text = strings.Replace(text, "每月比对年满", "每月到邻镇各村比对年满", 1)
		id := w.upload(t, ledger.Upload{Unit: w.town.ID, Kind: ledger.NewPlan, Name: "方案.txt", Data: []byte(text)})
		_, err := ledger.Confirm(t.Context(), w.db, w.clerk, id, 1)
		ok(t, err)
		_, list := w.hints(t, w.clerk, ledger.HintFilter{Kind: evidence.OtherPlace})
		var names []string
		for _, h := range list {
			names = append(names, h.Item.Title[:6]+h.Said)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); !strings.Contains(got, "云峰镇") || len(names) > 2 {
			t.Errorf("places: %s", got)
		}
	})
}

// Who may say that there is nothing to a hint, and that it is said once, with a reason, in the journal.
func TestDismissHint(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		w.attach(t, w.cadre, "积水", "甲.jpg", "照片甲", snapshot(t, 1, 90, 0))
		*w.now = w.now.Add(time.Hour)
		w.attach(t, w.clerk, "理论学习", "乙.jpg", "照片乙", snapshot(t, 1, 90, 0))
		_, list := w.hints(t, w.clerk, ledger.HintFilter{})
		if len(list) != 1 {
			t.Fatalf("%d hints", len(list))
		}
		id := list[0].ID
		wantRefusal(t, ledger.DismissHint(ctx, w.db, w.clerk, id, "scene", ""), "核对") // entered it
		var denied org.Denied
		if err := ledger.DismissHint(ctx, w.db, w.party, id, "scene", ""); !errors.As(err, &denied) {
			t.Errorf("the secretary: %v", err)
		}
		if err := ledger.DismissHint(ctx, w.db, w.stranger, id, "scene", ""); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another town: %v", err)
		}
		wantRefusal(t, ledger.DismissHint(ctx, w.db, w.leader, id, "", ""), "原因")
		wantRefusal(t, ledger.DismissHint(ctx, w.db, w.leader, id, "none", ""), "原因")
		wantRefusal(t, ledger.DismissHint(ctx, w.db, w.leader, id, evidence.OtherReason, " "), "说明")
		ok(t, ledger.DismissHint(ctx, w.db, w.leader, id, "shared", "两件事是同一天办的"))
		ok(t, ledger.DismissHint(ctx, w.db, w.leader, id, "shared", "两件事是同一天办的")) // sent twice
		wantRefusal(t, ledger.DismissHint(ctx, w.db, w.district, id, "form", ""), "提示")

		entries, err := store.All(ctx, w.db, store.Value[string], `select verb || who || data from journal where kind = 'dismissal'`)
		ok(t, err)
		if len(entries) != 1 || !strings.Contains(entries[0], "排除提示韩春梅") || !strings.Contains(entries[0], "两件事是同一天办的") {
			t.Errorf("journal: %q", entries)
		}
		said, _ := w.hints(t, w.clerk, ledger.HintFilter{})
		wantHints(t, said)
		// What is found anew stays dismissed.
		ok(t, w.db.Housekeep(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `delete from hint`)
			if err == nil {
				_, err = tx.Exec(ctx, `delete from hint_cursor`)
			}
			return err
		}))
		_, list = w.hints(t, w.clerk, ledger.HintFilter{Dismissed: true})
		if len(list) != 1 || list[0].Reason != "shared" || list[0].By != "韩春梅" || list[0].Open() {
			t.Errorf("dismissed: %+v", list)
		}
		kinds, reasons, err := ledger.CountHints(ctx, w.db, w.clerk, "")
		ok(t, err)
		if kinds[0] != (ledger.HintCount{Kind: evidence.SameFile, Dismissed: 1}) || reasons[0] != (ledger.ReasonCount{Reason: "shared", N: 1}) {
			t.Errorf("counts: %+v %+v", kinds, reasons)
		}
		if _, total, err := ledger.Hints(ctx, w.db, w.stranger, ledger.HintFilter{All: true}); err != nil || total != 0 {
			t.Errorf("another town sees %d, %v", total, err)
		}
	})
}
