// Package sample makes the district of the demo: three towns, their villages and people, plans in different official styles, and
// the work on them until today. Nothing is written past the commands a clerk would use, at times simulated by the clock.
package sample

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"bihuan/calendar"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Build fills an empty database with the sample as it stands at now. The same day gives the same sample, but for ids
// and what is drawn by them (lookBack).
func Build(ctx context.Context, db *store.DB, residents *vault.Vault, files *evidence.Files, now time.Time) error {
	b := &builder{db: db, vault: residents, files: files, cal: calendar.Published(), rng: rand.New(rand.NewPCG(20, 26)), now: now,
		today: time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location()),
		dice:  rand.New(rand.NewPCG(26, 20)), units: map[string]org.Unit{}, people: map[string]org.Person{}, byID: map[int64]org.Person{},
		plans: map[string]int64{}, ids: map[string]int64{}, items: map[string]*item{}, posts: map[string]int64{}, places: map[string]int64{}, seen: map[int64]bool{}, redo: map[int64]int{}, expects: map[int64]bool{}, sent: map[ledger.LetterKind]int{}}
	clock := db.Now
	defer func() { db.Now, residents.Now = clock, clock }()
	db.Now = func() time.Time { return b.clock }
	residents.Now = db.Now
	return b.build(ctx)
}

// builder is one making of the sample.
type builder struct {
	db    *store.DB
	vault *vault.Vault
	files *evidence.Files
	cal   calendar.Calendar
	rng   *rand.Rand // for what papers say, drawn before anything happens
	dice  *rand.Rand // for what people do
	now   time.Time
	today time.Time // midnight
	clock time.Time // what the database takes for now

	units        map[string]org.Unit   // by name; those of a town's offices as 镇/办公室
	people       map[string]org.Person // by name
	byID         map[int64]org.Person
	plans        map[string]int64 // by the name of the unit
	ids          map[string]int64 // of findings, by unit and title
	posts        map[string]int64 // of the first town, by title
	items        map[string]*item // findings with what is to become of them, by unit and title
	list         []*item          // the same in the order of the papers
	places       map[string]int64 // streets of the first town, by name
	seen         map[int64]bool   // occurrences whose report is planned
	redo         map[int64]int    // how often an occurrence is still to be sent back
	sent         map[ledger.LetterKind]int
	expects      map[int64]bool // who receives the next day what they were given
	kept, behind int            // what is left for the newcomer: reports to review, days passed and not reported
	hash         string         // of the one password
	proofs       int            // pieces of evidence so far: every few bring a file
	papersKept   int            // those of the first town that are no file

	events  []event // by time
	next    int     // the one that happens now
	running bool
}

// event is something that somebody did at a time.
type event struct {
	at time.Time
	do func(context.Context) error
}

func (b *builder) build(ctx context.Context) error {
	list := towns(b.rng)
	b.clock = b.ago(230, 9)
	if err := b.db.Write(ctx, func(tx *store.Tx) error { return b.organise(ctx, tx, list) }); err != nil {
		return fmt.Errorf("organise: %w", err)
	}
	papers, err := b.papers(list)
	if err != nil {
		return err
	}
	for _, p := range papers {
		b.schedule(p, townOf(list, p.town))
	}
	b.extras(papers)
	b.nights(list)
	b.showcase(list)
	b.residents(list[0])
	b.running = true
	for ; b.next < len(b.events); b.next++ {
		e := b.events[b.next]
		if e.at.After(b.clock) { // an import takes minutes, and what was meant for them waits
			b.clock = e.at
		}
		if err := e.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", e.at.Format(time.DateOnly), err)
		}
	}
	b.clock = b.now
	if err := ledger.Nightly(ctx, b.db, b.cal); err != nil {
		return err
	}
	_, err = ledger.LookOut(ctx, b.db, evidence.NewLookout(b.db, b.files), b.cal)
	return err
}

func townOf(list []town, name string) *town {
	for i := range list {
		if list[i].name == name {
			return &list[i]
		}
	}
	return nil
}

// ago is an hour of a working day so many days before today.
func (b *builder) ago(days, hour int) time.Time {
	t := b.today.AddDate(0, 0, -days)
	for !b.cal.Works(t) {
		t = t.AddDate(0, 0, -1)
	}
	return t.Add(time.Duration(hour) * time.Hour)
}

// organise enters units and people.
func (b *builder) organise(ctx context.Context, tx *store.Tx, list []town) error {
	root, err := org.AddUnit(ctx, tx, org.Program, org.Unit{}, org.District, districtName, 1)
	if err != nil {
		return err
	}
	b.units[districtName] = root
	for _, p := range []person{{"邵文澜", "区委巡察办主任", org.Supervisor, "shaowenlan"}, {"乔景澄", "区委巡察办干部", org.Supervisor, ""}, {"区管理员", "", org.Admin, "admin"}} {
		if err := b.employ(ctx, tx, root, p); err != nil {
			return err
		}
	}
	for i, t := range list {
		if err := b.organiseTown(ctx, tx, root, t, int64(i+1)); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) organiseTown(ctx context.Context, tx *store.Tx, root org.Unit, t town, ord int64) error {
	unit, err := org.AddUnit(ctx, tx, org.Program, root, org.Town, t.name, ord)
	if err != nil {
		return err
	}
	b.units[t.name] = unit
	for _, p := range t.leaders {
		if err := b.employ(ctx, tx, unit, p); err != nil {
			return err
		}
		if err := b.appoint(ctx, tx, unit, p); err != nil {
			return err
		}
	}
	for i, o := range offices {
		name := o.name
		if ord == 2 {
			name = o.short // the second town's papers use the short names
		}
		u, err := org.AddUnit(ctx, tx, org.Program, unit, org.Office, name, int64(i+1))
		if err != nil {
			return err
		}
		b.units[t.name+"/"+name] = u
		head, where := t.heads[o.key], u
		if head.role == org.Clerk {
			where = unit // the clerk works for the whole town
		}
		if err := b.employ(ctx, tx, where, head); err != nil {
			return err
		}
	}
	if err := b.employ(ctx, tx, unit, t.second); err != nil {
		return err
	}
	for i, v := range t.villages {
		u, err := org.AddUnit(ctx, tx, org.Program, unit, org.Village, v.name, int64(100+i))
		if err != nil {
			return err
		}
		b.units[v.name] = u
		for _, o := range villageOffices {
			if err := b.employ(ctx, tx, u, v.officers[o.key]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *builder) employ(ctx context.Context, tx *store.Tx, u org.Unit, p person) error {
	hash := ""
	if p.login != "" {
		if b.hash == "" { // of a password that is printed for everybody
			var err error
			if b.hash, err = org.HashGenerated(Password); err != nil {
				return err
			}
		}
		hash = b.hash
	}
	id, err := org.Employ(ctx, tx, org.Program, org.StaffEdit{Unit: u.ID, Name: p.name, Post: p.post, Role: p.role}, p.login, hash)
	who := org.Person{ID: id, Name: p.name, Post: p.post, Role: p.role, Unit: u}
	b.people[p.name], b.byID[id] = who, who
	return err
}

// appoint makes the post of a leader and gives it to them since the spring of the year before.
func (b *builder) appoint(ctx context.Context, tx *store.Tx, u org.Unit, p person) error {
	post, err := org.AddPost(ctx, tx, org.Program, u, p.post, p.role, true)
	if err == nil {
		if u.Name == townSeeds[0].name {
			b.posts[p.post] = post.ID
		}
		_, err = org.Hold(ctx, tx, org.Program, post.ID, b.people[p.name].ID, fmt.Sprintf("%d-03-15", b.today.Year()-1), "")
	}
	return err
}

// written is a paper with its style and who does what with it.
type written struct {
	paper
	style     style
	confirmed time.Time
	clerk     string
	reporters []string // who reports progress
}

// papers makes all plans: of the towns, then of their villages.
func (b *builder) papers(list []town) ([]written, error) {
	townThemes, err := parseThemes(townLibrary)
	if err != nil {
		return nil, err
	}
	villageThemes, err := parseThemes(villageLibrary)
	if err != nil {
		return nil, err
	}
	stages := []struct {
		feedback, confirmed int    // days before today
		sections            [4]int // how many findings in each
		shares              []share
	}{{204, 180, [4]int{7, 7, 5, 3}, advanced}, {104, 80, [4]int{6, 5, 4, 3}, halfway}, {44, 18, [4]int{5, 5, 4, 2}, beginning}}
	var papers []written
	deck := slices.Clone(townThemes)
	b.rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	deck = firstThese(deck, "理论学习", "惠农利民", "巡察成果", "移风易俗", "推进乡村振兴", "人居环境", "生态环境", "党费", "上轮巡察", "小型工程", "党内政治生活")
	for i, t := range list {
		s := stages[i]
		hand := takeThemes(&deck, s.sections)
		w, err := b.townPaper(t, hand, s.shares, s.feedback, s.confirmed)
		if err != nil {
			return nil, err
		}
		w.style = townStyles[i]
		papers = append(papers, w)
		villages, err := b.villagePapers(t, villageThemes, s.shares, s.feedback, s.confirmed)
		if err != nil {
			return nil, err
		}
		papers = append(papers, villages...)
	}
	return papers, nil
}

// takeThemes takes so many themes of each section from the top of the deck and puts them under it: the next town begins with what
// this one did not have.
func takeThemes(deck *[]theme, sections [4]int) []theme {
	var hand, rest []theme
	for _, t := range *deck {
		if sections[t.section-1] > 0 {
			sections[t.section-1]--
			hand = append(hand, t)
		} else {
			rest = append(rest, t)
		}
	}
	*deck = append(rest, hand...)
	return hand
}

// firstThese moves the themes whose titles begin so to the front.
func firstThese(deck []theme, titles ...string) []theme {
	rank := func(t theme) int {
		for i, title := range titles {
			if len(t.title) >= len(title) && t.title[:len(title)] == title {
				return i
			}
		}
		return len(titles)
	}
	slices.SortStableFunc(deck, func(x, y theme) int { return rank(x) - rank(y) })
	return deck
}

func (b *builder) dated(unit, town string, feedback, confirmed int) written {
	return written{
		paper: paper{unit: unit, town: town, from: b.ago(feedback+80, 0), to: b.ago(feedback+26, 0), feedback: b.ago(feedback, 0),
			signed: b.ago(confirmed+2, 0)},
		confirmed: b.ago(confirmed, 10),
	}
}

// known are the blanks that a plan fills in itself: years before the feedback, villages of the town.
func (b *builder) known(p paper, villages []village) map[string]string {
	k := map[string]string{"去年": fmt.Sprint(p.feedback.Year() - 1), "前年": fmt.Sprint(p.feedback.Year() - 2)}
	for i, at := range b.rng.Perm(len(villages))[:3] {
		k[fmt.Sprintf("村%d", i+1)] = villages[at].name
	}
	return k
}

func (b *builder) townPaper(t town, hand []theme, shares []share, feedback, confirmed int) (written, error) {
	w := b.dated(t.name+"党委", t.name, feedback, confirmed)
	w.name, w.clerk = t.name+"党委整改方案", t.heads["党政"].name
	w.reporters = []string{w.clerk}
	fates := deal(b.rng, shares, len(hand))
	for i, th := range hand {
		filled, err := th.filled(blanks{b.rng, b.known(w.paper, t.villages)}, th.pairs)
		if err != nil {
			return w, err
		}
		f := finding{theme: filled, fate: takeFate(fates, i, filled)}
		if t.name == townSeeds[0].name {
			f.fate = destined(filled, f.fate)
		}
		lead := officeOf(th.offices[0])
		f.leader, f.leaderPost = t.leaders[lead.leader].name, t.leaders[lead.leader].post
		for _, key := range th.offices {
			name := officeOf(key).name
			if t.name == townSeeds[1].name {
				name = officeOf(key).short
			}
			f.units = append(f.units, name)
			f.persons = append(f.persons, t.heads[key].name)
		}
		if th.failed == "" { // a task of everybody, as plans love to put it
			f.leader, f.leaderPost, f.units, f.persons = "", "", []string{t.name + "党委"}, nil
		}
		f.deadline(b.rng, b.today, w.signed.AddDate(0, 0, 5))
		w.findings = append(w.findings, f)
	}
	slices.SortStableFunc(w.findings, func(x, y finding) int { return x.section - y.section })
	return w, nil
}

// takeFate gives finding i a fate that suits it, trading with a later one where need be.
func takeFate(fates []fate, i int, t theme) fate {
	for j := i; j < len(fates); j++ {
		if fates[j].suits(t) {
			fates[i], fates[j] = fates[j], fates[i]
			return fates[i]
		}
	}
	return doing
}

// villagePapers makes the plans of all villages of a town. Themes are dealt like cards, so that each comes up equally often.
func (b *builder) villagePapers(t town, library []theme, shares []share, feedback, confirmed int) ([]written, error) {
	var papers []written
	var deck []theme
	total := 0
	sizes := make([]int, len(t.villages))
	for i := range sizes {
		sizes[i] = 7 + (i%5+1)%3 - 1 // 6 to 8
		total += sizes[i]
	}
	fates := deal(b.rng, shares, total)
	for i, v := range t.villages {
		w := b.dated(v.name+"党支部", t.name, feedback, confirmed-4-i/4)
		w.confirmed = w.confirmed.Add(time.Duration(i%4) * 11 * time.Minute)
		w.name, w.clerk = v.name+"整改方案", t.heads["党政"].name
		w.reporters = []string{v.officers["支部"].name, v.officers["文书"].name, v.officers["监委"].name}
		w.style = villageStyles[i%len(villageStyles)]
		var hand []theme
		hand, deck = b.drawHand(deck, library, sizes[i])
		for _, th := range hand {
			f, err := b.villageFinding(w.paper, v, th, w.style.ext == "csv")
			if err != nil {
				return nil, err
			}
			f.fate = takeFate(fates, 0, f.theme)
			fates = fates[1:]
			if v.name == relapsingVillage && backAgain.suits(f.theme) && !slices.ContainsFunc(w.findings, func(f finding) bool { return f.fate == backAgain }) {
				f.fate = backAgain
			}
			if t.name == townSeeds[0].name && i < 2 && f.fate.closing == "" { // theirs are the phones a visitor tries
				f.units, f.persons = []string{v.name + "党支部"}, []string{v.officers["支部"].name}
				for _, first := range []fate{dueToday, dueNext} {
					if !slices.ContainsFunc(w.findings, func(f finding) bool { return f.fate == first }) {
						f.fate = first
						break
					}
				}
			}
			if t.name == townSeeds[0].name && i == 8 && f.fate.closing == "" && len(w.findings) < 3 {
				f.fate = b.overdue(20)
			}
			f.deadline(b.rng, b.today, w.signed.AddDate(0, 0, 5))
			w.findings = append(w.findings, f)
		}
		slices.SortStableFunc(w.findings, func(x, y finding) int { return x.section - y.section })
		papers = append(papers, w)
	}
	return papers, nil
}

// overdue is the fate of what is so many working days late today.
func (b *builder) overdue(days int) fate {
	today := b.today.Format(time.DateOnly)
	n := -days
	for b.cal.Between(today, b.today.AddDate(0, 0, n).Format(time.DateOnly)) > -days {
		n--
	}
	return fate{from: n, to: n, state: ledger.Doing}
}

// drawHand takes n different themes from the top of a deck, which is filled up with the library in new order.
func (b *builder) drawHand(deck, library []theme, n int) (hand, rest []theme) {
	has := func(t theme) bool { return slices.ContainsFunc(hand, func(h theme) bool { return h.title == t.title }) }
	for len(hand) < n {
		at := slices.IndexFunc(deck, func(t theme) bool { return !has(t) })
		if at < 0 {
			fresh := slices.Clone(library)
			b.rng.Shuffle(len(fresh), func(i, j int) { fresh[i], fresh[j] = fresh[j], fresh[i] })
			deck = append(deck, fresh...)
			continue
		}
		hand = append(hand, deck[at])
		deck = slices.Delete(slices.Clone(deck), at, at+1)
	}
	return hand, deck
}

// villageFinding fills in a theme for a village. In a table a single measure stands for the whole row, so that there is no gap in it.
func (b *builder) villageFinding(p paper, v village, th theme, table bool) (finding, error) {
	pairs := slices.Clone(th.pairs)
	b.rng.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	pairs = pairs[:min(len(pairs), 1+b.rng.IntN(2))]
	if gap := b.rng.IntN(24) == 0; gap && len(th.pairs) > 2 && !table { // on purpose: what it shows is answered by nothing
		forgotten := th.pairs[len(th.pairs)-1]
		pairs = []pair{th.pairs[b.rng.IntN(len(th.pairs)-1)], {shows: forgotten.shows, later: forgotten.measure}}
	}
	known := map[string]string{"去年": fmt.Sprint(p.feedback.Year() - 1), "前年": fmt.Sprint(p.feedback.Year() - 2)}
	filled, err := th.filled(blanks{b.rng, known}, pairs)
	f := finding{theme: filled}
	for _, o := range villageOffices {
		if o.key == th.offices[0] {
			f.units = []string{v.name + o.body}
			f.persons = []string{v.officers[o.key].name}
		}
	}
	return f, err
}

// unitName is whose plan a paper is: the town's or the village's.
func (w written) unitName() string {
	if w.unit == w.town+"党委" {
		return w.town
	}
	return w.unit[:len(w.unit)-len("党支部")]
}

// at plans something. What lies in the future does not happen.
func (b *builder) at(t time.Time, do func(context.Context) error) {
	if !t.Before(b.now) {
		return
	}
	from := 0
	if b.running { // what is planned while something happens comes after it
		from = b.next + 1
	}
	i := from + sort.Search(len(b.events)-from, func(i int) bool { return b.events[from+i].at.After(t) })
	b.events = slices.Insert(b.events, i, event{t, do})
}

// importPaper uploads a paper and confirms it the minute after.
func (b *builder) importPaper(ctx context.Context, w written, kind, name string, data []byte) error {
	unit := w.unitName()
	clerk := b.people[w.clerk]
	id, err := ledger.StartImport(ctx, b.db, b.files, clerk, ledger.Upload{Unit: b.units[unit].ID, Kind: kind, Plan: b.plans[unit], Name: name, Data: data})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	b.clock = b.clock.Add(7 * time.Minute)
	plan, err := ledger.Confirm(ctx, b.db, clerk, id, 1)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	b.plans[unit] = plan
	return b.remember(ctx, clerk, unit, plan)
}

// remember notes the ids of a plan's findings by their titles.
func (b *builder) remember(ctx context.Context, who org.Person, unit string, plan int64) error {
	keys, err := ledger.ListAll(ctx, b.db, who, ledger.Filter{Plan: plan}, ledger.Days{})
	if err != nil {
		return err
	}
	ids := make([]int64, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	findings, err := ledger.ByIDs(ctx, b.db, ids)
	for _, f := range findings {
		b.ids[unit+f.Title] = f.ID
	}
	return err
}

// find reads a finding as it is now.
func (b *builder) find(ctx context.Context, who, unit, title string) (ledger.Finding, error) {
	id, ok := b.ids[unit+title]
	if !ok {
		return ledger.Finding{}, fmt.Errorf("%s: the ledger has no finding %q", unit, title)
	}
	return ledger.ByID(ctx, b.db, b.people[who], id)
}

func (b *builder) progress(ctx context.Context, who, unit, title string, e ledger.ProgressEdit) error {
	f, err := b.find(ctx, who, unit, title)
	if err != nil {
		return err
	}
	return ledger.RecordProgress(ctx, b.db, b.people[who], f.ID, f.Version, e)
}

func (b *builder) editDuty(ctx context.Context, who, unit, title string, change func(*ledger.DutyEdit)) error {
	f, err := b.find(ctx, who, unit, title)
	if err != nil {
		return err
	}
	e := ledger.DutyEdit{Leader: f.Leader, DueText: f.DueText, Due: f.Due}
	for _, u := range f.Units {
		e.Units = append(e.Units, u.Name)
	}
	for _, p := range f.Persons {
		e.Persons = append(e.Persons, p.Name)
	}
	change(&e)
	return ledger.EditDuty(ctx, b.db, b.people[who], f.ID, f.Version, e)
}
