package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"bihuan/duty"
	"bihuan/notify"
	"bihuan/store"
)

// A calendar feed shows so many days back and ahead.
const (
	feedBack  = 30
	feedAhead = 120
)

// feed answers GET /feed/{secret}: what is due of somebody, for the calendar of a phone. Whoever has the address has the right.
func (s *Server) feed(w http.ResponseWriter, r *http.Request) {
	if err := s.writeFeed(w, r); errors.Is(err, store.ErrNotFound) {
		http.Error(w, "这个订阅地址已失效，请在“我的”里重新生成。", http.StatusNotFound)
	} else if err != nil {
		s.log.Error("feed", "error", err)
		http.Error(w, "暂时不能读取，请稍后再试。", http.StatusInternalServerError)
	}
}

func (s *Server) writeFeed(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), s.db.Now()
	who, err := notify.FeedPerson(ctx, s.db, r.PathValue("secret"), now.Format(time.DateOnly))
	if err != nil {
		return err
	}
	list, err := duty.List(ctx, s.db, duty.Filter{Staff: who.ID, DueFrom: now.AddDate(0, 0, -feedBack).Format(time.DateOnly), DueTo: now.AddDate(0, 0, feedAhead).Format(time.DateOnly),
		Standings: []duty.Standing{duty.Open, duty.Reported, duty.Returned, duty.Done, duty.Missed}})
	if err != nil {
		return err
	}
	scheme := "http://"
	if s.sessions.Cookie.Secure {
		scheme = "https://"
	}
	events := make([]notify.Event, len(list))
	for i, o := range list {
		events[i] = notify.Event{UID: fmt.Sprintf("task-%d@bihuan", o.ID), Date: o.Due, Summary: o.Title, Description: o.UnitName,
			URL: fmt.Sprintf("%s%s/task/%d", scheme, r.Host, o.ID), Done: o.Standing == duty.Done || o.Standing == duty.Reported}
	}
	content, err := notify.Feed(now, "闭环·"+who.Name, events)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	_, _ = w.Write(content) // whoever asked may have gone
	return nil
}
