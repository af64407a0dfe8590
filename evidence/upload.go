package evidence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"bihuan/org"
	"bihuan/store"
)

// Upload is a file on its way, in pieces, that becomes a piece of evidence when it is whole. What was typed beside it is kept with
// it, so that nothing lives in the browser alone.
type Upload struct {
	ID         int64
	Staff      int64
	Finding    int64
	Measure    int64
	Occurrence int64
	Name       string // of the file
	Size       int64  // announced
	Mark       string // what the browser makes of how the file begins, to know it again; may be empty
	Title      string
	Said       string
	Event      string
	Expires    string
	Early      string
	Begun      time.Time
	Item       int64 // the evidence that it became; 0 until then
	Arrived    int64 // bytes that are here
}

// Percent is how much has arrived, rounded down, so that 100 is all of it.
func (u Upload) Percent() int { return int(100 * u.Arrived / max(u.Size, 1)) }

// item is the evidence that the upload is to become.
func (u Upload) item() Item {
	return Item{Finding: u.Finding, Measure: u.Measure, Occurrence: u.Occurrence, Kind: File, Title: u.Title, Said: u.Said, Event: u.Event,
		Expires: u.Expires, Early: u.Early, FileName: u.Name}
}

// Offset is the error of sending a piece that is not the next one. Have is how much has arrived; the next piece begins there.
type Offset struct{ Have int64 }

func (o Offset) Error() string {
	return fmt.Sprintf("已经传到 %d 字节，请从这里接着传", o.Have)
}

// Attach makes an uploaded file evidence, in the transaction that ends the upload, once it has checked that who may. It returns the
// item as it was added.
type Attach func(ctx context.Context, tx *store.Tx, who org.Person, u Upload, item Item) (Item, error)

// mostOpen is how many uploads of one person may be on their way at the same time, and with [Most] how much disk they take.
const mostOpen = 20

// partsLast is how long an unfinished upload waits to be continued.
const partsLast = 7 * 24 * time.Hour

// Begin announces an upload. What would be refused when the file has arrived is refused now: feedback is as for [Add]. The same file
// announced again by the same person, by name, size and mark, goes on where it stopped, with what is typed beside it now.
//
// The caller has checked that who may attach evidence there.
func Begin(ctx context.Context, db *store.DB, files *Files, who org.Person, feedback string, u Upload) (Upload, error) {
	u.Name = FileName(u.Name)
	switch {
	case u.Size <= 0:
		return u, org.Invalid{Field: "文件", What: ErrEmpty.Error()}
	case u.Size > Most:
		return u, org.Invalid{Field: "文件", What: TooLong{Limit: Most}.Error()}
	case u.Name == "" || u.Name == ".":
		return u, org.Invalid{Field: "文件", What: "没有文件名，请重新选择"}
	}
	err := db.Housekeep(ctx, func(tx *store.Tx) error {
		item := u.item()
		item.File = "announced" // its hash is known only when it is here
		if err := item.Check(tx.Now.Format(time.DateOnly), feedback); err != nil {
			return err
		}
		u.Title, u.Said, u.Early = item.Title, item.Said, item.Early
		open, err := uploads(ctx, tx, who)
		if err != nil {
			return err
		}
		for _, x := range open {
			if x.Finding == u.Finding && x.Occurrence == u.Occurrence && x.Name == u.Name && x.Size == u.Size && x.Mark == u.Mark {
				u.ID, u.Staff, u.Begun = x.ID, x.Staff, x.Begun
				_, err := tx.Exec(ctx, `update upload set measure = $2, title = $3, said = $4, event = $5, expires = $6, early = $7 where id = $1`,
					u.ID, u.Measure, u.Title, u.Said, u.Event, u.Expires, u.Early)
				return err
			}
		}
		if len(open) >= mostOpen {
			return org.Invalid{Field: "文件", What: fmt.Sprintf("您有 %d 个文件还没传完，请先接着传完或放弃几个", len(open))}
		}
		u.ID, u.Staff, u.Begun, u.Item = tx.ID(), who.ID, tx.Now, 0
		_, err = tx.Exec(ctx, `insert into upload (id, staff, finding, measure, occurrence, name, size, mark, title, said, event, expires, early, begun, item)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0)`,
			u.ID, u.Staff, u.Finding, u.Measure, u.Occurrence, u.Name, u.Size, u.Mark, u.Title, u.Said, u.Event, u.Expires, u.Early, tx.Now.UnixMilli())
		return err
	})
	if err != nil {
		return u, err
	}
	u.Arrived, err = files.partLength(u.ID)
	return u, err
}

// UploadByID reads one upload of who and how much of it has arrived; somebody else's is [store.ErrNotFound].
func UploadByID(ctx context.Context, q store.Querier, files *Files, who org.Person, id int64) (Upload, error) {
	u, err := store.One(ctx, q, scanUpload, uploadQuery+` where id = $1 and staff = $2`, id, who.ID)
	if err != nil {
		return u, err
	}
	if u.Item != 0 {
		u.Arrived = u.Size
		return u, nil
	}
	u.Arrived, err = files.partLength(id)
	return u, err
}

// Uploads lists what who has not finished, the latest first, and how much of each has arrived.
func Uploads(ctx context.Context, q store.Querier, files *Files, who org.Person) ([]Upload, error) {
	list, err := uploads(ctx, q, who)
	for i := range list {
		if err == nil {
			list[i].Arrived, err = files.partLength(list[i].ID)
		}
	}
	return list, err
}

func uploads(ctx context.Context, q store.Querier, who org.Person) ([]Upload, error) {
	return store.All(ctx, q, scanUpload, uploadQuery+` where staff = $1 and item = 0 order by id desc`, who.ID)
}

const uploadQuery = `select id, staff, finding, measure, occurrence, name, size, mark, title, said, event, expires, early, begun, item from upload`

func scanUpload(rows *sql.Rows, u *Upload) error {
	var begun int64
	err := rows.Scan(&u.ID, &u.Staff, &u.Finding, &u.Measure, &u.Occurrence, &u.Name, &u.Size, &u.Mark, &u.Title, &u.Said, &u.Event, &u.Expires,
		&u.Early, &begun, &u.Item)
	u.Begun = time.UnixMilli(begun)
	return err
}

// Receive takes the next piece of an upload of who, which begins at offset. A piece from anywhere else fails with [Offset], also one
// that is sent twice because its answer was lost. What arrives before the connection breaks off counts. With the last byte the file
// is stored and attach makes it evidence; an upload that is whole already is finished, once, by a piece of no bytes.
func Receive(ctx context.Context, db *store.DB, files *Files, who org.Person, id, offset int64, piece io.Reader, attach Attach) (Upload, error) {
	u, err := UploadByID(ctx, db, files, who, id)
	if err != nil || u.Item != 0 {
		return u, err
	}
	u.Arrived, err = files.appendPart(ctx, id, offset, piece, u.Size)
	if errors.As(err, new(TooLong)) { // what is here is then the beginning of something else
		if err := Drop(ctx, db, files, who, id); err != nil {
			return u, err
		}
		return u, org.Invalid{Field: "文件", What: "传来的内容比开始时说的大，请重新选择文件"}
	}
	if err == nil && u.Arrived < u.Size {
		return u, nil
	}
	var stored Stored
	if err == nil {
		stored, err = files.finishPart(ctx, id)
	}
	if err != nil { // the part is gone, or empty anew, when another has finished the upload since it was read
		if now, err := UploadByID(ctx, db, files, who, id); err == nil && now.Item != 0 {
			return now, nil
		}
	}
	if Refused(err) { // it will not become better by being sent once more
		if failed := Drop(ctx, db, files, who, id); failed != nil {
			return u, failed
		}
		return u, org.Invalid{Field: "文件", What: err.Error()}
	}
	if err != nil {
		return u, err
	}
	err = db.Write(ctx, func(tx *store.Tx) error {
		// Whoever sets the row first attaches the file; with another at the same time it waits here, and then finds the item.
		if _, err := tx.Exec(ctx, `update upload set begun = begun where id = $1`, id); err != nil {
			return err
		}
		now, err := store.One(ctx, tx, scanUpload, uploadQuery+` where id = $1`, id)
		if err != nil {
			return err
		}
		if now.Item != 0 {
			u.Item = now.Item
			return errAttached
		}
		item := now.item()
		item.Attach(stored, now.Name)
		if item, err = attach(ctx, tx, who, now, item); err != nil {
			return err
		}
		u.Item = item.ID
		_, err = tx.Exec(ctx, `update upload set item = $2 where id = $1`, id, item.ID)
		return err
	})
	if errors.Is(err, errAttached) {
		err = nil
	}
	if err != nil {
		return u, err
	}
	files.dropPart(id)
	return u, nil
}

// errAttached ends a transaction that has nothing left to do.
var errAttached = errors.New("evidence: attached already")

// Drop gives up an unfinished upload of who. One that is not there any more is given up already.
func Drop(ctx context.Context, db *store.DB, files *Files, who org.Person, id int64) error {
	var n int64
	err := db.Housekeep(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.Exec(ctx, `delete from upload where id = $1 and staff = $2 and item = 0`, id, who.ID)
		return err
	})
	if err == nil && n > 0 {
		files.dropPart(id)
	}
	return err
}
