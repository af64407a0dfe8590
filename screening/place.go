package screening

import (
	"context"
	"errors"
	"fmt"

	"bihuan/office"
)

// homePlace is where somebody lives, as a list writes it.
type homePlace struct{ village, household string }

// locate says of each hit where the person lives and when he was born. The register is kept without the words of villages and
// households, so that the few that are wanted are read again.
func (r *run) locate(ctx context.Context) error {
	places := map[resident]*homePlace{}
	wanted := map[int]map[int]*homePlace{} // by sheet and row
	want := func(res resident) {
		if !r.in.Places || places[res] != nil {
			return
		}
		places[res] = &homePlace{}
		for _, row := range append([]resident{res}, r.doubles[res]...) {
			b := r.register.blocks[row.block]
			if wanted[b.sheet] == nil {
				wanted[b.sheet] = map[int]*homePlace{}
			}
			wanted[b.sheet][b.number(int(row.row))] = places[res]
		}
	}
	for i := range r.hits {
		h, who := &r.hits[i], r.abouts[i]
		for _, other := range who.others {
			want(other)
		}
		if who.resident == nobody {
			p := &r.parties[who.party]
			h.Village, h.Household = r.villages[p.village].name, textOf(r.details[p.first], FieldHousehold)
			continue
		}
		if birth := r.birth(who.resident); r.in.Places && birth.whole() {
			h.Birth = birth.String()
		}
		want(who.resident)
	}
	for i := range r.turning {
		want(r.turning[i].resident)
	}
	for _, s := range r.sheets {
		if want := wanted[s.index]; want != nil {
			if err := r.readPlaces(ctx, s, want); err != nil {
				return err
			}
		}
	}
	for i := range r.turning {
		if p := places[r.turning[i].resident]; p != nil {
			r.turning[i].Village = p.village
		}
	}
	for i := range r.hits {
		if p := places[r.abouts[i].resident]; p != nil {
			r.hits[i].Village, r.hits[i].Household = p.village, p.household
		}
		for _, other := range r.abouts[i].others {
			if p := places[other]; p != nil {
				r.hits[i].Others = append(r.hits[i].Others, Other{r.idText(other), r.register.name(other), p.village})
			}
		}
	}
	r.abouts = nil // the hits are about to be sorted
	return ctx.Err()
}

// readPlaces reads a sheet of the register again for the rows that are wanted. A place that is known stays.
func (r *run) readPlaces(ctx context.Context, s *sheet, want map[int]*homePlace) error {
	g, err := office.OpenGrid(ctx, s.source.File, r.progress.reading(ctx, s.source), s.source.Size)
	if err != nil {
		return fmt.Errorf("%s：%w", r.reports[s.index].Where(), err)
	}
	type row struct {
		number int
		homePlace
	}
	var columns []int
	at := map[Field]int{}
	for _, f := range []Field{FieldVillage, FieldAddress, FieldHousehold} {
		at[f] = -1
		if c, ok := s.layout.Mapping[f]; ok {
			at[f], columns = len(columns), append(columns, c.Index)
		}
	}
	read := func(b *office.Batch) ([]row, error) {
		var rows []row
		for i := range b.Len() {
			one := row{b.Number(i), homePlace{text(cell(b, i, at[FieldVillage])), text(cell(b, i, at[FieldHousehold]))}}
			if one.village == "" {
				one.village = villageOf(text(cell(b, i, at[FieldAddress])))
			}
			// Rows that say 同上 need what stands above them, wanted or not.
			rows = append(rows, one)
		}
		return rows, nil
	}
	for {
		var above homePlace
		found := map[*homePlace]homePlace{}
		err = office.ScanGrid(g, s.number, columns, read, func(rows []row) error {
			for _, one := range rows {
				if ditto([]byte(one.village)) {
					one.village = above.village
				} else if one.village != "" {
					above.village = one.village
				}
				if ditto([]byte(one.household)) {
					one.household = above.household
				} else if one.household != "" {
					above.household = one.household
				}
				if p := want[one.number]; p != nil {
					found[p] = one.homePlace
				}
			}
			return nil
		})
		if errors.Is(err, office.ErrMerged) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s：%w", r.reports[s.index].Where(), err)
		}
		for p, f := range found {
			if p.village == "" {
				p.village = f.village
			}
			if p.household == "" {
				p.household = f.household
			}
		}
		return nil
	}
}
