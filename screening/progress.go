package screening

import (
	"context"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Shares of a run: reading the files, finding out who the people are, the rules.
const (
	readShare  = 0.6
	matchShare = 0.9
)

// betweenReports is how long nothing is reported after a report.
const betweenReports = 50 * time.Millisecond

// progress tells how far a run is.
type progress struct {
	tell  func(string, float64)
	total int64 // bytes of all lists

	read atomic.Int64 // bytes of the lists that are done

	mu       sync.Mutex
	last     time.Time
	share    float64
	from, to float64 // the part of the whole that eachBlock goes through
}

// report tells where the run is, now and then and never backwards.
func (p *progress) report(stage string, share float64) {
	if p.tell == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	share = min(1, max(share, p.share))
	if now := time.Now(); share == 1 || now.Sub(p.last) > betweenReports {
		p.last, p.share = now, share
		p.tell(stage, share)
	}
}

// step begins a step that goes from one share of the whole to another.
func (p *progress) step(from, to float64) { p.from, p.to = from, to }

// through reports how far eachBlock is.
func (p *progress) through(done, of int) {
	stage := "认人"
	if p.to > matchShare {
		stage = "比对"
	}
	p.report(stage, p.from+(p.to-p.from)*float64(done)/float64(max(of, 1)))
}

// reading wraps a file so that what is read of it is counted, and a cancelled run reads no further.
func (p *progress) reading(ctx context.Context, list List) io.ReaderAt {
	return &countedReader{ctx: ctx, list: list, progress: p}
}

// countedReader counts what is read of a file. Several goroutines may read.
type countedReader struct {
	ctx      context.Context
	list     List
	progress *progress
	mu       sync.Mutex
	read     int64
}

// ReadAt reads like the file.
func (c *countedReader) ReadAt(b []byte, at int64) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.list.Data.ReadAt(b, at)
	p := c.progress
	if p.tell == nil {
		return n, err
	}
	c.mu.Lock()
	c.read = min(c.read+int64(n), c.list.Size)
	read := c.read
	c.mu.Unlock()
	p.report("读取"+filepath.Base(c.list.File), readShare*float64(p.read.Load()+read)/float64(max(p.total, 1)))
	return n, err
}
