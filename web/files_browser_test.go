package web_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// Small pictures stand in the lists of a finding, of a closing and of a task, and on the phone, and each of them arrives.
func TestBrowserSmallPictures(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	s.errands(t)
	errand := s.occurrence(t, "明白卡入户", "2026-04-16")
	id := s.findings()[0].ID
	photo := func(finding, occurrence int64, name string, width, height int) {
		t.Helper()
		stored, err := s.files.Put(t.Context(), photograph(t, width, height))
		s.must(err)
		item := evidence.Item{Title: name, Event: "2026-04-12", Occurrence: occurrence}
		item.Attach(evidence.Stored{Hash: stored, Size: 1, Format: "jpeg", Media: "image/jpeg"}, name+".jpg")
		who := s.people["clerk"]
		if occurrence != 0 {
			who = s.people["village"]
		}
		_, err = ledger.AddEvidence(context.Background(), s.db, who, finding, item)
		s.must(err)
	}
	photo(id, 0, "学习签到", 1600, 1200)
	photo(id, 0, "会场", 900, 1600)
	photo(errand.Finding, errand.ID, "公示栏", 1200, 500)
	damaged := evidence.Item{Title: "打不开的照片", Event: "2026-04-12"}
	stored, err := s.files.PutReader(t.Context(), bytes.NewReader(photograph(t, 64, 64)[:300]), evidence.Most)
	s.must(err)
	damaged.Attach(stored, "坏.jpg")
	_, err = ledger.AddEvidence(context.Background(), s.db, s.people["clerk"], id, damaged)
	s.must(err)
	closing := s.applied(id)
	pictures := func(b *browser.Browser, name, path string, want int) {
		t.Helper()
		s.fits(b, name, path)
		arrived := browser.Eval[int](b, `new Promise(function (ok) {
			var list = Array.prototype.slice.call(document.querySelectorAll("img.pic, .thumbs img")), left = list.length;
			if (!left) ok(0);
			list.forEach(function (i) {
				i.loading = "eager";
				function one() { if (--left === 0) ok(list.filter(function (i) { return i.naturalWidth > 0; }).length); }
				if (i.complete && i.naturalWidth) one(); else { i.onload = one; i.onerror = one; }
			});
		})`)
		if arrived != want {
			t.Errorf("%s: %d small pictures of %d arrived", name, arrived, want)
		}
	}
	clerk := s.signIn(t, "clerk")
	pictures(clerk, "pictures-finding", fmt.Sprintf("/finding/%d", id), 3)
	pictures(clerk, "pictures-closing", fmt.Sprintf("/closing/%d", closing), 3)
	village := s.signIn(t, "village")
	pictures(village, "pictures-errand", fmt.Sprintf("/today/%d", errand.ID), 1)
	c := s.as(t, "village")
	c.photo(fmt.Sprintf("/today/%d", errand.ID), reportForm(c.page(fmt.Sprintf("/today/%d", errand.ID))), "明白卡发到 212 户", "入户.png")
	pictures(village, "pictures-receipt", fmt.Sprintf("/today/%d/receipt", errand.ID), 2)
	pictures(clerk, "pictures-task", fmt.Sprintf("/task/%d", errand.ID), 2)
}
