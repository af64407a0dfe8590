package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"bihuan/benefit"
	"bihuan/evidence"
	"bihuan/lead"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/store"
)

// errorPage tells what went wrong and what to do.
type errorPage struct {
	frame
	Head string
	What string
	Back string // address to go on from
}

// shown turns an error into what may be said of it. What is not fit to be shown stays in the log.
func shown(err error) (status int, head, what string) {
	var denied org.Denied
	var stale ledger.Stale
	var invalid ledger.Invalid
	var duplicate ledger.Duplicate
	var rows ledger.RowErrors
	var rejected benefit.Rejected
	var same lead.SameFile
	var unreadable *office.Error
	var long *http.MaxBytesError
	switch {
	case errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound, "没有这一页", "地址可能写错了，或这一条不在您能看的范围内。请从台账进入，或用右上角的查找。"
	case errors.Is(err, errNoPlan):
		return http.StatusNotFound, "没有这份方案", "没有这份方案，或不在您能看的范围内。请从台账进入。"
	case errors.As(err, &denied):
		return http.StatusForbidden, "不能这样做", denied.Error()
	case errors.As(err, &stale):
		return http.StatusConflict, "没有保存", stale.Error()
	case errors.As(err, &invalid):
		return http.StatusUnprocessableEntity, "没有保存", invalid.Error()
	case errors.As(err, &duplicate):
		return http.StatusConflict, "已经导入过", duplicate.Error()
	case errors.As(err, &same):
		return http.StatusConflict, "已经上传过", same.Error()
	case errors.As(err, &rows):
		return http.StatusUnprocessableEntity, "没有并入", rows.Error()
	case errors.As(err, &unreadable):
		return http.StatusUnprocessableEntity, "读不了这份文件", unreadable.Error()
	case evidence.Refused(err):
		return http.StatusUnprocessableEntity, "没有保存", err.Error()
	case errors.Is(err, evidence.ErrErased):
		return http.StatusGone, "文件已依法删除", "这份文件的内容已经依法删除，不能再看，也恢复不了。谁在什么时候登记过它，记录仍保留。"
	case errors.Is(err, evidence.ErrFull) || store.IsFull(err):
		return http.StatusInsufficientStorage, "磁盘已满", "服务器的磁盘满了，这次没有保存，也没有留下半份文件。请告诉管理员腾出空间，然后再提交一次。"
	case errors.As(err, new(evidence.Unavailable)):
		return http.StatusServiceUnavailable, "文件暂时存取不了", "存放文件的地方现在连不上，这次没有保存。请过几分钟再试；仍不行，请告诉管理员。"
	case errors.Is(err, evidence.ErrMissing):
		return http.StatusInternalServerError, "文件找不到了", "登记过的这份文件不在存放的地方，可能被误删。请把时间和页面地址告诉管理员，从备份里找回。"
	case errors.Is(err, evidence.ErrChanged):
		return http.StatusInternalServerError, "文件与登记时不符", "这份文件的内容和登记时的指纹对不上，可能损坏或被改动，所以没有打开。请告诉管理员核查。"
	case errors.As(err, &long):
		return http.StatusRequestEntityTooLarge, "内容太大", "一次提交不能超过 32 MB。请去掉图片后另存，再上传。"
	case errors.Is(err, errBadForm):
		return http.StatusBadRequest, "没有保存", "提交的内容不完整，可能是网络中断。请返回上一页再提交一次。"
	case errors.Is(err, errNoResidents):
		return http.StatusNotFound, "没有居民信息库", "这里没有打开居民信息库，名册、发放和筛查都看不到。请告诉管理员。"
	case errors.As(err, &rejected):
		return http.StatusUnprocessableEntity, "没有保存", rejected.Error()
	case errors.Is(err, errBusy):
		return http.StatusServiceUnavailable, "请稍候", "正在同时打印或导出的人较多，请过半分钟再试。"
	}
	return http.StatusInternalServerError, "程序出错了", "这次操作没有完成，数据没有改动。请稍后再试；仍不行，请把时间和页面地址告诉管理员。"
}

var (
	errBadForm = errors.New("web: form cannot be read")
	errNoPlan  = errors.New("web: no such plan, or not to be seen")
	errBusy    = errors.New("web: too many heavy requests")
)

// heavyPatience is how long a heavy request waits for others to end.
const heavyPatience = 20 * time.Second

// fail answers with the page of an error.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // whoever asked has gone
	}
	status, head, what := shown(err)
	if status >= http.StatusInternalServerError && status != http.StatusServiceUnavailable || errors.As(err, new(evidence.Unavailable)) {
		s.log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "staff", v.Who.ID, "error", err)
	}
	p := errorPage{frame: frame{Title: head}, Head: head, What: what, Back: "/"}
	if v.Who.ID != 0 {
		p.frame = s.frame(v, "", head)
	}
	if err := s.render(w, status, "error", p); err != nil {
		s.log.ErrorContext(r.Context(), "error page failed", "error", err)
		http.Error(w, what, status)
	}
}

// foreign refuses a form that another site sent.
func (s *Server) foreign(w http.ResponseWriter, _ *http.Request) {
	p := errorPage{frame: frame{Title: "不能这样做"}, Head: "不能这样做", What: "这次提交来自别的网站，没有执行。请在本系统的页面里操作。", Back: "/"}
	if err := s.render(w, http.StatusForbidden, "error", p); err != nil {
		http.Error(w, p.What, http.StatusForbidden)
	}
}
