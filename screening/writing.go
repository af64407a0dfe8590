package screening

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"bihuan/chinese"
)

// flawWords say what is wrong with a number.
var flawWords = map[chinese.Flaw]string{
	chinese.BadCheck: "校验码不对", chinese.BadDate: "号码里的出生日期不存在", chinese.Truncated: "号码末三位在表格里丢失",
	chinese.Rounded: "号码在表格里变成了科学计数", chinese.Misshapen: "号码位数或字符不对", chinese.Absent: "没有号码",
}

// nameWords say how a name differs.
var nameWords = map[chinese.NameLikeness]string{
	chinese.NameVariant: "用了异体字或繁体字", chinese.NameWildcard: "有系统打不出的字", chinese.NameHomophone: "是同音字",
	chinese.NameShuffled: "字序不同", chinese.NameOneOff: "错了一个字", chinese.NameOther: "完全不同",
}

// writing is HL-07 for what is wrong in this month's roll and in the register of those concerned.
func (r *run) writing(persons []*person) {
	concerned := map[resident]bool{}
	for _, p := range persons {
		if p.resident != nobody {
			concerned[p.resident] = true
		}
		for _, i := range p.parties {
			q := &r.parties[i]
			lines := r.linesNow(q)
			if len(lines) == 0 || q.swap || !q.found() {
				continue
			}
			var faults []string
			if w := flawWords[q.flaw]; w != "" {
				faults = append(faults, w)
			} else if q.like < 1 {
				faults = append(faults, "号码与户籍不同")
			}
			if w := nameWords[q.names]; w != "" {
				faults = append(faults, fmt.Sprintf("册上姓名“%s”%s，户籍是“%s”", q.name, w, r.register.name(q.resident)))
			}
			if len(faults) > 0 {
				r.hit("HL-07", q.resident, Certain, 0, strings.Join(faults, "；")+basis(q), lines, q.resident)
			}
		}
	}
	if r.in.Params.Threshold > 0 { // they are to be on the roll
		for _, res := range r.elders {
			concerned[r.canonical(res)] = true
		}
	}
	r.registerFaults(slices.SortedFunc(maps.Keys(concerned), compareResidents))
}

// registerFaults is HL-07 for the register of those concerned.
func (r *run) registerFaults(list []resident) {
	here := slices.DeleteFunc(list, func(res resident) bool {
		st, _ := r.standing(res)
		return st == movedOut || st == gone
	})
	checks := []struct {
		what  string
		fault func(resident) string
	}{
		{"出生日期与号码不同", func(res resident) string {
			if n := r.birthByNumber(res); n != 0 {
				return fmt.Sprintf("户籍出生日期%s与号码里的%s不同，年龄以户籍为准", r.birth(res), n)
			}
			return ""
		}},
		{"性别与号码不符", func(res resident) string {
			if r.register.odd(res).sex {
				return "户籍性别与号码不符"
			}
			return ""
		}},
		{"号码有误", func(res resident) string {
			if w := flawWords[r.register.odd(res).flaw]; w != "" {
				return "户籍里" + w
			}
			return ""
		}},
	}
	faults := map[resident][]string{}
	for _, c := range checks {
		var found []resident
		for _, res := range here {
			if c.fault(res) != "" {
				found = append(found, res)
			}
		}
		// So many cannot all be wrong: it is the column, or how it was read.
		if len(found) > 20 && 20*len(found) > len(here) {
			r.doubts = append(r.doubts, fmt.Sprintf("户籍中%d人%s，占有关人员的%d%%，像是列对错了，没有列为疑点", len(found), c.what, 100*len(found)/len(here)))
			continue
		}
		for _, res := range found {
			faults[res] = append(faults[res], c.fault(res))
		}
	}
	for _, res := range here {
		if len(faults[res]) > 0 {
			r.hit("HL-07", res, Certain, 0, strings.Join(faults[res], "；"), nil, res)
		}
	}
}

// basis says on what ground a row was taken for a resident.
func basis(m *party) string {
	switch {
	case m.like == chinese.LikeSame:
		return "（号码相同）"
	case m.like == likeAccount:
		return "（账户和姓名与其他月份相同）"
	case m.like == chinese.LikeNothing:
		return "（按姓名、村和年龄认定）"
	case m.flaw == chinese.Truncated:
		return "（号码前十五位相同，姓名相符）"
	case m.like < chinese.LikeCheck:
		return "（号码只差一处，姓名相符）"
	}
	return "（号码前十七位相同，姓名相符）"
}

// reportUnmatched is HL-07 for rows of this month that were found to be nobody for certain.
func (r *run) reportUnmatched(byNumber map[chinese.IDNumber]*death) {
	for i := range r.parties {
		p := &r.parties[i]
		if p.kind() != Roll || p.found() {
			continue
		}
		lines := r.linesNow(p)
		if len(lines) == 0 || byNumber[p.id] != nil && p.flaw == chinese.Sound {
			continue
		}
		fault := flawWords[p.flaw]
		if fault == "" {
			fault = "户籍里没有这个号码"
		}
		h := Hit{Rule: "HL-07", ID: p.id.String(), Name: p.name, State: Manual, Why: fault + "，户籍里找不到此人，须核实是谁"}
		if h.ID == "" {
			h.ID = r.misfits[int32(i)].text
		}
		tie := r.ties[int32(i)]
		if len(tie) > 0 {
			var names []string
			for _, res := range tie {
				names = append(names, r.register.name(res))
			}
			h.ID = r.idText(tie[0])
			h.Why = fmt.Sprintf("%s，不能确定是谁，可能是户籍中的%s", fault, strings.Join(names, "、"))
		}
		h.Sources = r.sources(lines, tie)
		if len(tie) > 0 {
			r.record(h, tie[0], int32(i), tie...)
		} else {
			r.hitRow(int32(i), h)
		}
	}
}

// twoNumbers is HL-10: residents with the same name, birth, village and household and different numbers. It returns who is whose
// other self.
func (r *run) twoNumbers(ctx context.Context) (map[resident]resident, error) {
	twins := map[resident]resident{}
	if r.register.count == 0 {
		return twins, nil
	}
	// Two filters come before a table: nearly all are alone. Few get as far as the second.
	once, twice := newBits(r.register.count), newBits(r.register.count/4)
	err := r.eachBlock(ctx, func(i int32, b *block) {
		r.register.selfKeys(i, func(_ int32, keys []uint64) {
			once.fetch(keys)
			for _, k := range keys {
				if k != 0 && once.addShared(k) {
					twice.addShared(k)
				}
			}
		})
	})
	if err != nil {
		return nil, err
	}
	type same struct {
		key uint64
		res resident
	}
	var mu sync.Mutex
	var list []same
	err = r.eachBlock(ctx, func(i int32, b *block) {
		var found []same
		r.register.selfKeys(i, func(first int32, keys []uint64) {
			for n, k := range keys {
				if k != 0 && twice.has(k) {
					found = append(found, same{k, r.canonical(resident{i, first + int32(n)})})
				}
			}
		})
		mu.Lock()
		list = append(list, found...)
		mu.Unlock()
	})
	slices.SortFunc(list, func(a, b same) int { return cmp.Or(cmp.Compare(a.key, b.key), compareResidents(a.res, b.res)) })
	for i := range list {
		if i == 0 || list[i].key != list[i-1].key {
			continue
		}
		first, res := list[i-1].res, list[i].res
		if first == res || r.register.id(first) == r.register.id(res) || chinese.Name(r.register.name(first)) != chinese.Name(r.register.name(res)) {
			continue
		}
		if max(r.register.odd(first).flaw, r.register.odd(res).flaw) >= chinese.Truncated || cutOff(r.register.id(first)) || cutOff(r.register.id(res)) {
			continue // a number that lost its end is no second one
		}
		twins[first], twins[res] = res, first
		r.hit("HL-10", first, Certain, 0, fmt.Sprintf("同村同户有两个%s，出生日期都是%s，身份证号不同（%s、%s）", r.register.name(first), r.register.birth(first),
			masked(r.idText(first)), masked(r.idText(res))), nil, first, res)
	}
	return twins, err
}

// selfKey is a hash of what makes two rows of the register look like one person: name, birth, village and household. It is 0 where
// the household or the number is missing.
func (g *register) selfKey(i int32, row int) uint64 {
	b := g.blocks[i]
	home := b.homes[row]
	if home == 0 || b.ids[row] == 0 {
		return 0
	}
	birth := uint64(g.birth(resident{i, int32(row)}))
	return (nameHash(string(b.name(row)))^birth*0x9e3779b97f4a7c15)*0xff51afd7ed558ccd ^ (uint64(home)<<32|uint64(b.villages[row]))*0xc4ceb9fe1a85ec53
}

// selfKeys hands out the keys of a block's rows, a few hundred at a time, each with the first row.
func (g *register) selfKeys(i int32, use func(first int32, keys []uint64)) {
	var keys [256]uint64
	for first := 0; first < len(g.blocks[i].ids); first += len(keys) {
		n := min(len(keys), len(g.blocks[i].ids)-first)
		for k := range n {
			keys[k] = g.selfKey(i, first+k)
		}
		use(int32(first), keys[:n])
	}
}

// masked hides the middle of a number, as far as screens do: beside a day of birth more of it would be all of it.
func masked(id string) string {
	if len(id) < 10 {
		return strings.Repeat("*", len(id))
	}
	return id[:3] + strings.Repeat("*", len(id)-5) + id[len(id)-2:]
}
