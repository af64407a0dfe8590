package web_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/store/storetest"
)

// view draws a picture of patches out of a seed, as a JPEG of some quality.
func view(t testing.TB, seed uint64, quality int) []byte {
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
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// reused has the village report with a picture that the colleague used for another finding, and everything looked at. It returns the
// two findings, the task and the hint.
func (s *site) reused() (first, second ledger.Finding, task int64, hint ledger.Hint) {
	s.t.Helper()
	ctx, f := context.Background(), s.findings()
	first, second = f[2], f[1]
	picture := func(quality int) evidence.Item {
		stored, err := s.files.PutReader(ctx, bytes.NewReader(view(s.t, 7, quality)), evidence.Most)
		s.must(err)
		item := evidence.Item{Title: fmt.Sprintf("现场照片%d", quality), Event: s.now.Format(time.DateOnly)}
		item.Attach(stored, "现场.jpg")
		return item
	}
	_, err := ledger.AddEvidence(ctx, s.db, s.people["colleague"], first.ID, picture(90))
	s.must(err)
	s.now = s.now.Add(time.Hour)
	s.weekly(second.ID)
	s.at("2026-04-17")
	for _, o := range s.work(second.ID).Occurrences {
		if o.Title == "巡查政府街" && task == 0 {
			_, err := ledger.Report(ctx, s.db, cal, s.people["village"], o.ID, o.Version, duty.Report{Said: "政府街巡查一遍"}, []evidence.Item{picture(50)})
			s.must(err)
			task = o.ID
		}
	}
	_, err = ledger.LookOut(ctx, s.db, evidence.NewLookout(s.db, s.files), cal)
	s.must(err)
	list, _, err := ledger.Hints(ctx, s.db, s.people["clerk"], ledger.HintFilter{Kind: evidence.LikePicture})
	s.must(err)
	if len(list) != 1 {
		s.t.Fatalf("%d hints of pictures", len(list))
	}
	return first, second, task, list[0]
}

func TestHintPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		first, second, task, found := s.reused()
		hint := found.ID
		clerk := s.as(t, "clerk")
		// Beside the thing it is about, with both pictures, on every page where it is decided on; nobody is accused.
		for _, path := range []string{fmt.Sprintf("/task/%d", task), fmt.Sprintf("/finding/%d", second.ID), "/hint", fmt.Sprintf("/hint/%d", hint)} {
			page := clerk.page(path)
			saysAll(t, page, "照片相似", "请核对", "现场照片50", "现场照片90", first.Title)
			for _, row := range []int64{found.Subject.Row, found.Other.Row} {
				if picture := fmt.Sprintf(`src="/evidence/%d/`, row); !strings.Contains(page, picture) {
					t.Errorf("%s does not show %s", path, picture)
				}
			}
			for _, word := range []string{"造假", "抄袭", "作弊", "违规"} {
				if strings.Contains(page, word) {
					t.Errorf("%s says %s", path, word)
				}
			}
		}
		if page := clerk.page(fmt.Sprintf("/finding/%d", first.ID)); strings.Contains(page, "照片相似") {
			t.Error("the hint stands at the earlier finding too")
		}
		saysAll(t, clerk.page("/hint"), "临阵磨刀指数", "不排名", "东槐村")

		// The village is not told.
		village := s.as(t, "village")
		for _, path := range []string{fmt.Sprintf("/task/%d", task), fmt.Sprintf("/finding/%d", second.ID)} {
			if page := village.page(path); strings.Contains(page, "照片相似") || strings.Contains(page, "材料提示") {
				t.Errorf("%s shows hints to who did the work", path)
			}
		}
		for _, path := range []string{"/hint", fmt.Sprintf("/hint/%d", hint)} {
			if a := village.get(path); a.status != http.StatusForbidden {
				t.Errorf("%s for the village: %d", path, a.status)
			}
		}
		if a := s.as(t, "stranger").get(fmt.Sprintf("/hint/%d", hint)); a.status != http.StatusNotFound {
			t.Errorf("another town: %d", a.status)
		}

		// Dismissed with a reason, it is counted and no longer listed.
		path := fmt.Sprintf("/hint/%d", hint)
		if a := clerk.post(path, "reason", "other", "words", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写一句看到的情况") {
			t.Errorf("without words: %d", a.status)
		}
		clerk.post(path, "reason", "shared", "words", "同一天在政府街办的")
		page := clerk.page("/hint")
		if strings.Contains(page, "现场照片50") {
			t.Error("a dismissed hint is listed")
		}
		saysAll(t, clerk.page("/hint?state=done"), "已核对：一份材料确实证明两件事", "同一天在政府街办的", "贺晓雨")
		saysAll(t, clerk.page(path), "核对结果", "一份材料确实证明两件事")
		if page := clerk.page(fmt.Sprintf("/task/%d", task)); strings.Contains(page, "照片相似") {
			t.Error("a dismissed hint stands on the task")
		}
	})
}

func TestBrowserHints(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	_, second, task, found := s.reused()
	b := s.signIn(t, "clerk")
	s.fits(b, "hints", "/hint")
	s.fits(b, "hint", fmt.Sprintf("/hint/%d", found.ID))
	s.fits(b, "hint-task", fmt.Sprintf("/task/%d", task))
	s.fits(b, "hint-finding", fmt.Sprintf("/finding/%d", second.ID))
	b.Scripts(false)
	b.Go(s.url + "/hint")
	b.Follow(".hint-say a")
	b.Select("#reason", "scene")
	b.Type("#words", "两次都在政府街")
	b.Follow(".edit-end .btn-go")
	if text := b.Text("main"); !strings.Contains(text, "已记下核对结果") || !strings.Contains(text, "没有待核对的提示") {
		t.Errorf("after the dismissal: %s", text)
	}
}
