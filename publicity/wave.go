package publicity

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Mandatory is a village that every wave has to ask, and why: a finding names it (M63).
type Mandatory struct {
	Village int64
	Reason  string
}

// MandatoryVillages lists the villages of a town that every wave has to ask.
func MandatoryVillages(ctx context.Context, q store.Querier, town int64) ([]Mandatory, error) {
	return store.All(ctx, q, func(rows *sql.Rows, m *Mandatory) error { return rows.Scan(&m.Village, &m.Reason) },
		`select village, reason from mandatory_village where unit = $1 order by village`, town)
}

// SetMandatory makes the given villages of a town those that every wave has to ask.
func SetMandatory(ctx context.Context, v *vault.Vault, who org.Person, town org.Unit, villages []org.Unit, reason string) error {
	trim(&reason)
	return v.Write(ctx, func(tx *store.Tx) error {
		if err := who.Check(org.Interview, town); err != nil {
			return err
		}
		now, err := MandatoryVillages(ctx, tx, town.ID)
		if err != nil {
			return err
		}
		same := len(now) == len(villages)
		var names []string
		for _, u := range villages {
			if err := inTown(town.ID, u); err != nil {
				return err
			}
			same = same && slices.Contains(now, Mandatory{u.ID, reason})
			names = append(names, u.Name)
		}
		if same {
			return nil
		}
		if len(villages) > 0 {
			if err := limit("依据", reason, 80, "请写明是反馈里的哪一条点到这些村，如 反馈问题4：赵某等7村群众一知半解"); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `delete from mandatory_village where unit = $1`, town.ID); err != nil {
			return err
		}
		for _, u := range villages {
			if _, err := tx.Exec(ctx, `insert into mandatory_village (village, unit, reason, staff, version) values ($1, $2, $3, $4, 1)`, u.ID, town.ID, reason, who.ID); err != nil {
				return fmt.Errorf("insert mandatory village: %w", err)
			}
		}
		return journal.Append(ctx, tx, entry(who, "定必抽村", "mandatory_village", town.ID, journal.Change{Field: "必抽的村", To: strings.Join(names, "、")}, journal.Change{Field: "依据", To: reason}))
	})
}

// Wave is one awareness sample (知晓抽查): a card, what is asked about it, and the households drawn for it.
type Wave struct {
	ID        int64
	Unit      int64 // town
	Card      int64
	Series    int64  // of the card
	Benefit   string // of the card
	Name      string
	Questions []string
	Size      int // households a village, or all
	Threshold int // percent of a village that have to know
	Low       int // percent that the lower end of the interval of all has to reach
	Seed      string
	Day       string // it was drawn
	Who       string // drew it
	Version   int64
}

const waveColumns = `select w.id, w.unit, w.card, w.series, c.benefit, w.name, w.questions, w.size, w.threshold, w.low, w.seed, w.day, w.who, w.version
	from wave w join card c on c.id = w.card`

func scanWave(rows *sql.Rows, w *Wave) error {
	var questions string
	if err := rows.Scan(&w.ID, &w.Unit, &w.Card, &w.Series, &w.Benefit, &w.Name, &questions, &w.Size, &w.Threshold, &w.Low, &w.Seed, &w.Day, &w.Who, &w.Version); err != nil {
		return err
	}
	return json.Unmarshal([]byte(questions), &w.Questions)
}

// Waves lists the waves of a town, newest first. All stay listed: nobody draws until the result pleases.
func Waves(ctx context.Context, q store.Querier, town int64) ([]Wave, error) {
	return store.All(ctx, q, scanWave, waveColumns+` where w.unit = $1 order by w.id desc`, town)
}

// WaveByID reads one wave, or [store.ErrNotFound].
func WaveByID(ctx context.Context, q store.Querier, id int64) (Wave, error) {
	return store.One(ctx, q, scanWave, waveColumns+` where w.id = $1`, id)
}

// mostQuestions bounds what a household is asked: more is an examination.
const mostQuestions = 3

// Draw starts a wave on a card: from each village, and from all that are mandatory, so many households are drawn by a seed that everybody can
// know, in the way of [ledger.DrawKeys]. The rest of the order stays in reserve for households that cannot be asked.
func Draw(ctx context.Context, v *vault.Vault, who org.Person, town org.Unit, w Wave, villages []org.Unit) (int64, error) {
	trim(&w.Name, &w.Seed)
	w.Questions = slices.DeleteFunc(slices.Clone(w.Questions), func(s string) bool { return strings.TrimSpace(s) == "" })
	var id int64
	err := v.Write(ctx, func(tx *store.Tx) error {
		if err := who.Check(org.Interview, town); err != nil {
			return err
		}
		if err := w.check(); err != nil {
			return err
		}
		c, err := ofTown(ctx, tx, town, w.Card)
		if errors.Is(err, store.ErrNotFound) {
			return org.Invalid{Field: "政策卡", What: "请选问哪一张政策卡"}
		}
		if err != nil {
			return err
		}
		again, err := store.All(ctx, tx, store.Value[int64], `select id from wave where unit = $1 and card = $2 and name = $3 and seed = $4`, town.ID, w.Card, w.Name, w.Seed)
		if err != nil {
			return err
		}
		if len(again) > 0 {
			id = again[0]
			return nil
		}
		must, err := MandatoryVillages(ctx, tx, town.ID)
		if err != nil {
			return err
		}
		missing := slices.DeleteFunc(slices.Clone(must), func(m Mandatory) bool {
			return slices.ContainsFunc(villages, func(u org.Unit) bool { return u.ID == m.Village })
		})
		switch {
		case len(villages) == 0:
			return org.Invalid{Field: "村", What: "请选抽哪些村"}
		case len(missing) > 0:
			return org.Invalid{Field: "村", What: fmt.Sprintf("必抽的村还有 %d 个没有选，一个都不能少", len(missing))}
		}
		questions, err := json.Marshal(w.Questions)
		if err != nil {
			return err
		}
		id = tx.ID()
		if _, err := tx.Exec(ctx, `insert into wave (id, unit, card, series, name, questions, size, threshold, low, seed, day, staff, who, version)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)`, id, town.ID, w.Card, c.Series, w.Name, string(questions), w.Size, w.Threshold, w.Low,
			w.Seed, today(tx), who.ID, who.Name); err != nil {
			return fmt.Errorf("insert wave: %w", err)
		}
		changes := []journal.Change{{Field: "名称", To: w.Name}, {Field: "惠民项目", To: c.Benefit}, {Field: "种子", To: w.Seed}, {Field: "每村户数", To: strconv.Itoa(w.Size)}}
		for _, u := range villages {
			if err := inTown(town.ID, u); err != nil {
				return err
			}
			mandatory := slices.ContainsFunc(must, func(m Mandatory) bool { return m.Village == u.ID })
			n, hash, err := drawVillage(ctx, tx, id, w, u, mandatory)
			if err != nil {
				return err
			}
			changes = append(changes, journal.Change{Field: u.Name, To: fmt.Sprintf("抽 %d 户，名单指纹 %s", n, hash)})
		}
		return journal.Append(ctx, tx, entry(who, "知晓抽查", "wave", id, changes...))
	})
	return id, err
}

func (w Wave) check() error {
	if err := limit("名称", w.Name, 40, "请写明是哪一次，如 宣传前、宣传后一个月"); err != nil {
		return err
	}
	switch {
	case len(w.Questions) == 0:
		return org.Invalid{Field: "问题", What: "请至少写一个问题，如 高龄津贴多大年纪能领、一个月多少钱"}
	case len(w.Questions) > mostQuestions:
		return org.Invalid{Field: "问题", What: fmt.Sprintf("最多问 %d 个问题", mostQuestions)}
	case w.Size < 5 || w.Size > 500:
		return org.Invalid{Field: "每村户数", What: "请填 5 到 500"}
	case w.Threshold < 1 || w.Threshold > 100:
		return org.Invalid{Field: "知晓率", What: "请填 1 到 100"}
	case w.Low < 1 || w.Low > 100:
		return org.Invalid{Field: "区间下限", What: "请填 1 到 100"}
	case len([]rune(w.Seed)) < 4 || len([]rune(w.Seed)) > 80:
		return org.Invalid{Field: "种子", What: "请填当众产生的数，至少 4 位，如掷骰子的点数"}
	}
	for _, q := range w.Questions {
		if err := limit("问题", q, 60, ""); err != nil {
			return err
		}
	}
	return nil
}

// drawVillage keeps what was drawn from in a village and draws.
func drawVillage(ctx context.Context, tx *store.Tx, wave int64, w Wave, u org.Unit, mandatory bool) (n int, hash string, err error) {
	there, err := Households(ctx, tx, u.ID)
	if err != nil {
		return 0, "", err
	}
	if len(there) == 0 {
		return 0, "", org.Invalid{Field: "村", What: u.Name + "还没有登记户数，抽不出。请先登记这个村的户数或名单"}
	}
	numbers := make([]string, len(there))
	byNumber := map[string]int64{}
	for i, h := range there {
		numbers[i] = h.Number
		byNumber[h.Number] = h.ID
	}
	s := Stratum{Name: u.Name, Numbers: numbers}
	sum := sha256.Sum256([]byte(ledger.FrameText([]ledger.Stratum{s.Frame()})))
	hash = hex.EncodeToString(sum[:])
	if _, err := tx.Exec(ctx, `insert into wave_village (id, wave, village, name, mandatory, frame, hash, version) values ($1, $2, $3, $4, $5, $6, $7, 1)`,
		tx.ID(), wave, u.ID, u.Name, bit(mandatory), strings.Join(numbers, "\n"), hash); err != nil {
		return 0, "", fmt.Errorf("insert village of wave: %w", err)
	}
	order := s.Order(w.Seed)
	n = min(w.Size, len(order))
	for i, number := range order[:n] {
		if err := insertSampled(ctx, tx, wave, u.ID, byNumber[number], i+1); err != nil {
			return 0, "", err
		}
	}
	return n, hash, nil
}

func insertSampled(ctx context.Context, tx *store.Tx, wave, village, household int64, ord int) error {
	_, err := tx.Exec(ctx, `insert into sampled (id, wave, village, household, ord, answers, absent, day, staff, who, entered_by, version)
		values ($1, $2, $3, $4, $5, '', '', '', 0, '', 0, 1)`, tx.ID(), wave, village, household, ord)
	if err != nil {
		return fmt.Errorf("insert household of wave: %w", err)
	}
	return nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Stratum is a village as a wave drew from it.
type Stratum struct {
	Village   int64
	Name      string
	Mandatory bool
	Numbers   []string // of the households there were
	Hash      string   // SHA-256 of [ledger.FrameText] of [Stratum.Frame]
}

// Frame is the stratum as everybody can draw from it again: the keys are 村名/户号.
func (s Stratum) Frame() ledger.Stratum {
	f := ledger.Stratum{Name: s.Name, Keys: make([]string, len(s.Numbers))}
	for i, n := range s.Numbers {
		f.Keys[i] = s.Name + "/" + n
	}
	slices.Sort(f.Keys)
	return f
}

// Order is the order in which a seed draws the households of the stratum, by their numbers.
func (s Stratum) Order(seed string) []string {
	keys := ledger.DrawKeys(seed, s.Frame().Keys, 100, 0)
	for i, k := range keys {
		keys[i] = strings.TrimPrefix(k, s.Name+"/")
	}
	return keys
}

// Strata lists the villages of a wave, the mandatory ones first.
func Strata(ctx context.Context, q store.Querier, wave int64) ([]Stratum, error) {
	return store.All(ctx, q, func(rows *sql.Rows, s *Stratum) error {
		var frame string
		if err := rows.Scan(&s.Village, &s.Name, &s.Mandatory, &frame, &s.Hash); err != nil {
			return err
		}
		s.Numbers = strings.Split(frame, "\n")
		return nil
	}, `select village, name, mandatory, frame, hash from wave_village where wave = $1 order by mandatory desc, id`, wave)
}

// The letters of an answer.
const (
	Right  = "r" // 说得对
	Partly = "p" // 一知半解
	Wrong  = "w" // 不知道或说错
)

// AnswerWords are the answers with their words.
var AnswerWords = []struct{ Letter, Word string }{{Right, "说得对"}, {Partly, "说对一部分"}, {Wrong, "不知道或说错"}}

// Sampled is a household of a wave, by its number: whom exactly was spoken to, or under which telephone, is not kept.
type Sampled struct {
	ID        int64
	Village   int64
	Household int64
	Number    string
	Head      string // for the sheet of who goes there; show it masked
	Team      string
	Order     int    // in the draw
	Answers   string // a letter a question; empty: not asked
	Absent    string // why nobody answered; the next takes its place
	Day       string
	Staff     int64
	Who       string // asked
	Version   int64
}

// Knows tells what the answers of a household come to: it knows when all were right, does not when all were wrong, and otherwise knows
// half (一知半解).
func (s Sampled) Knows() string {
	switch {
	case s.Answers == "":
		return ""
	case strings.Trim(s.Answers, Right) == "":
		return Right
	case strings.Trim(s.Answers, Wrong) == "":
		return Wrong
	}
	return Partly
}

// SampledIn lists the households of a wave in a village, or in all when village is 0, in the order of the draw.
func SampledIn(ctx context.Context, q store.Querier, wave, village int64) ([]Sampled, error) {
	return store.All(ctx, q, func(rows *sql.Rows, s *Sampled) error {
		return rows.Scan(&s.ID, &s.Village, &s.Household, &s.Number, &s.Head, &s.Team, &s.Order, &s.Answers, &s.Absent, &s.Day, &s.Staff, &s.Who, &s.Version)
	}, `select s.id, s.village, s.household, h.number, h.head, h.team, s.ord, s.answers, s.absent, s.day, s.staff, s.who, s.version
		from sampled s join household h on h.id = s.household where s.wave = $1 and (s.village = $2 or $2 = 0) order by s.village, s.ord`, wave, village)
}

// Answer is what one household said, or why it said nothing.
type Answer struct {
	ID      int64 // of the row of [Sampled]
	Version int64
	Answers string
	Absent  string
}

// Interview records what households of a village answered to somebody (by) on a day. Whoever made the card known in the village, or
// belongs to it, cannot ask there (M63). For each household that was not there the next in the order of the draw is added.
func Interview(ctx context.Context, v *vault.Vault, who org.Person, wave int64, village org.Unit, by org.Person, day string, answers []Answer) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		w, err := WaveByID(ctx, tx, wave)
		if err != nil {
			return err
		}
		if err := inTown(w.Unit, village); err != nil {
			return err
		}
		if err := who.Check(org.Interview, village); err != nil {
			return err
		}
		if err := checkDay(tx, "日期", day); err != nil {
			return err
		}
		if day < w.Day {
			return org.Invalid{Field: "日期", What: fmt.Sprintf("%s 才抽的户，请填这天以后的日期", w.Day)}
		}
		if err := independent(ctx, tx, w, village, by); err != nil {
			return err
		}
		if err := tx.Lock(ctx, "wave", wave); err != nil { // reserves are added one at a time
			return err
		}
		there, err := SampledIn(ctx, tx, wave, village.ID)
		if err != nil {
			return err
		}
		asked, absent := 0, 0
		for _, a := range answers {
			changed, err := record(ctx, tx, who, w, there, by, day, a)
			switch {
			case err != nil:
				return err
			case !changed:
			case a.Absent != "":
				absent++
			default:
				asked++
			}
		}
		if asked+absent == 0 {
			return nil
		}
		if err := addReserves(ctx, tx, w, village); err != nil {
			return err
		}
		e := entry(who, "登记知晓", "wave", wave, journal.Change{Field: "村", To: village.Name}, journal.Change{Field: "访问人", To: by.Name},
			journal.Change{Field: "问到", To: fmt.Sprintf("%d户", asked)}, journal.Change{Field: "没问到", To: fmt.Sprintf("%d户", absent)})
		e.Happened = day
		return journal.Append(ctx, tx, e)
	})
}

// independent refuses whoever cannot ask in a village.
func independent(ctx context.Context, q store.Querier, w Wave, village org.Unit, by org.Person) error {
	if by.ID == 0 {
		return org.Invalid{Field: "访问人", What: "请选是谁去问的"}
	}
	if by.Unit.Within(village.Path) {
		return org.Invalid{Field: "访问人", What: fmt.Sprintf("%s是%s的人，不能抽查本村。请换镇里或别村的人去问", by.Name, village.Name)}
	}
	did, err := delivered(ctx, q, w.Series, village.ID, by.ID)
	if err == nil && did {
		err = org.Invalid{Field: "访问人", What: fmt.Sprintf("%s在%s送过或讲过这张政策卡，不能再去抽查。请换没有参与宣传的人去问", by.Name, village.Name)}
	}
	return err
}

// record writes the answers of one household and tells whether that changed anything.
func record(ctx context.Context, tx *store.Tx, who org.Person, w Wave, there []Sampled, by org.Person, day string, a Answer) (bool, error) {
	trim(&a.Absent)
	if err := vault.CheckText("没问到的原因", a.Absent); err != nil {
		return false, err
	}
	i := slices.IndexFunc(there, func(s Sampled) bool { return s.ID == a.ID })
	if i < 0 {
		return false, org.Invalid{Field: "户", What: "有一户不在这次抽查里，请刷新页面"}
	}
	s := there[i]
	field := fmt.Sprintf("第%s户", s.Number)
	switch {
	case a.Answers == "" && a.Absent == "":
		return false, nil
	case a.Answers != "" && a.Absent != "":
		return false, org.Invalid{Field: field, What: "答了就不能又是没问到，请只填一样"}
	case a.Answers != "" && (len(a.Answers) != len(w.Questions) || strings.Trim(a.Answers, Right+Partly+Wrong) != ""):
		return false, org.Invalid{Field: field, What: fmt.Sprintf("有 %d 个问题，请每个都选", len(w.Questions))}
	case len([]rune(a.Absent)) > 20:
		return false, org.Invalid{Field: field, What: "没问到的原因最多 20 个字"}
	case s.Answers == a.Answers && s.Absent == a.Absent:
		return false, nil
	case s.Answers != "" || s.Absent != "":
		return false, org.Invalid{Field: field, What: "已经登记过，登记了就不能改，免得改到达标为止"}
	}
	n, err := tx.Exec(ctx, `update sampled set answers = $3, absent = $4, day = $5, staff = $6, who = $7, entered_by = $8, version = version + 1
		where id = $1 and version = $2 and answers = '' and absent = ''`, a.ID, a.Version, a.Answers, a.Absent, day, by.ID, by.Name, who.ID)
	if err != nil {
		return false, fmt.Errorf("record answer: %w", err)
	}
	if n == 0 {
		return false, journal.StaleRow(ctx, tx, "wave", w.ID)
	}
	return true, nil
}

// addReserves draws on until so many households of a village are asked or to be asked as the wave wants, as far as there are any.
func addReserves(ctx context.Context, tx *store.Tx, w Wave, village org.Unit) error {
	strata, err := Strata(ctx, tx, w.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(strata, func(s Stratum) bool { return s.Village == village.ID })
	if i < 0 {
		return org.Invalid{Field: "村", What: village.Name + "不在这次抽查里"}
	}
	there, err := SampledIn(ctx, tx, w.ID, village.ID)
	if err != nil {
		return err
	}
	good := 0
	for _, s := range there {
		good += bit(s.Absent == "")
	}
	order := strata[i].Order(w.Seed)
	for next := len(there); good < w.Size && next < len(order); next++ {
		h, err := store.One(ctx, tx, store.Value[int64], `select id from household where village = $1 and number = $2`, village.ID, order[next])
		if err != nil {
			return err
		}
		if err := insertSampled(ctx, tx, w.ID, village.ID, h, next+1); err != nil {
			return err
		}
		good++
	}
	return nil
}
