package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Setting is a number that no national text fixes: what the program comes with, and what a district has put in its place.
type Setting struct {
	Name    string
	Word    string // as the screen calls it
	Hint    string
	Unit    string // 工作日, 次, %
	Least   int
	Most    int
	Default int
	Value   int    // in force
	Source  string // the document that says so; empty while the default stands
	Version int64  // 0 while the default stands
}

// settings are all there are, in the order of the page.
var settings = []Setting{
	{Name: "green", Word: "绿色提醒", Hint: "到期前这么多天提醒责任人", Unit: "工作日", Least: 1, Most: 120, Default: 20},
	{Name: "yellow", Word: "黄色预警", Hint: "到期前这么多天提醒责任人和分管领导", Unit: "工作日", Least: 1, Most: 60, Default: 10},
	{Name: "red", Word: "红色预警", Hint: "超期这么多天起提醒责任单位和党组织主要负责人；0 就是到期次日", Unit: "工作日", Least: 0, Most: 60, Default: 0},
	{Name: "warn", Word: "告诫", Hint: "超期这么多天起拟告诫书", Unit: "工作日", Least: 1, Most: 250, Default: 20},
	{Name: "grace", Word: "迟办宽限", Hint: "常态任务到期后这么多天内补上算迟办，再晚算漏办", Unit: "工作日", Least: 0, Most: 30, Default: 5},
	{Name: "extensions", Word: "延期次数", Hint: "一个问题最多批准延期几次；第二次起由书记批", Unit: "次", Least: 0, Most: 5, Default: 2},
	{Name: "extended", Word: "延期上限", Hint: "累计最多比原定期限晚这么多天", Unit: "天", Least: 0, Most: 730, Default: 180},
	{Name: "misses", Word: "反弹：连续漏办", Hint: "长期坚持中同一任务连续漏办这么多次即为反弹", Unit: "次", Least: 1, Most: 12, Default: 2},
	{Name: "share", Word: "反弹：坚持率", Hint: "近十二个月坚持率低于这个数（且漏办两次以上）即为反弹", Unit: "%", Least: 1, Most: 100, Default: 75},
	{Name: "again", Word: "反弹后再整改", Hint: "反弹重开后的期限", Unit: "天", Least: 1, Most: 365, Default: 30},
	{Name: "effect", Word: "成效回访", Hint: "销号后这么多个月回访一次，看是不是真解决了", Unit: "个月", Least: 1, Most: 36, Default: 6},
	{Name: "reply", Word: "巡察建议答复", Hint: "通知没有写期限时，签发后这么多天内答复", Unit: "工作日", Least: 1, Most: 60, Default: 5},
	{Name: "reach_days", Word: "政策送达期限", Hint: "政策明白卡执行和制发后这么多天，送到的户数还不够的村要标出", Unit: "天", Least: 1, Most: 365, Default: 60},
	{Name: "reach", Word: "政策送达率", Hint: "一个村入户送到的户数占这么多才算够", Unit: "%", Least: 1, Most: 100, Default: 95},
	{Name: "aware", Word: "知晓率", Hint: "一个村抽到的户里，说得对的占这么多才算达标", Unit: "%", Least: 1, Most: 100, Default: 70},
	{Name: "aware_low", Word: "知晓率下限", Hint: "合计的 95% 区间下限到这个数，一次知晓抽查才算通过", Unit: "%", Least: 1, Most: 100, Default: 60},
	{Name: "aware_size", Word: "知晓抽查户数", Hint: "每个村抽这么多户，不够就全问", Unit: "户", Least: 5, Most: 500, Default: 30},
	{Name: "first_answer", Word: "群众诉求首次答复", Hint: "群众提出以后这么多天内要有第一次答复", Unit: "工作日", Least: 1, Most: 60, Default: 5},
	{Name: "backup", Word: "自动备份", Hint: "每天几点以后备份；程序当时没开，就在下次启动后补做", Unit: "点", Least: 0, Most: 23, Default: 2},
	{Name: "keep_days", Word: "保留日备份", Hint: "最近这么多天，每天的最后一份备份都留着", Unit: "天", Least: 1, Most: 90, Default: 7},
	{Name: "keep_weeks", Word: "保留周备份", Hint: "再往前这么多周，每周留一份", Unit: "周", Least: 0, Most: 53, Default: 4},
	{Name: "keep_months", Word: "保留月备份", Hint: "再往前这么多个月，每月留一份；依法删除的内容过了这个期限才从旧备份里消失", Unit: "个月", Least: 0, Most: 60, Default: 12},
	{Name: "drill", Word: "恢复演练", Hint: "每隔这么多天把最新的备份恢复一遍、核验、再删掉", Unit: "天", Least: 1, Most: 90, Default: 7},
}

// Rules are the values of the settings in force.
type Rules struct {
	Green, Yellow, Red, Warn    int // working days
	Grace                       int // working days
	Extensions, ExtendedDays    int
	Misses, Share, AgainDays    int
	EffectMonths, ReplyWorkdays int

	ReachDays, ReachShare         int // of policy cards: days, percent of the households of a village
	AwareShare, AwareLow, AwareOf int // of awareness samples: percent, percent, households a village
	FirstAnswer                   int // working days

	BackupHour                      int // of the day
	KeepDays, KeepWeeks, KeepMonths int // backups
	DrillDays                       int
}

// LoadRules reads the values in force.
func LoadRules(ctx context.Context, q store.Querier) (Rules, error) {
	list, err := Settings(ctx, q)
	v := map[string]int{}
	for _, s := range list {
		v[s.Name] = s.Value
	}
	return Rules{Green: v["green"], Yellow: v["yellow"], Red: v["red"], Warn: v["warn"], Grace: v["grace"], Extensions: v["extensions"],
		ExtendedDays: v["extended"], Misses: v["misses"], Share: v["share"], AgainDays: v["again"], EffectMonths: v["effect"], ReplyWorkdays: v["reply"],
		ReachDays: v["reach_days"], ReachShare: v["reach"], AwareShare: v["aware"], AwareLow: v["aware_low"], AwareOf: v["aware_size"], FirstAnswer: v["first_answer"],
		BackupHour: v["backup"], KeepDays: v["keep_days"], KeepWeeks: v["keep_weeks"], KeepMonths: v["keep_months"], DrillDays: v["drill"]}, err
}

// Settings lists all settings with their values.
func Settings(ctx context.Context, q store.Querier) ([]Setting, error) {
	type row struct {
		name, value, source string
		version             int64
	}
	rows, err := store.All(ctx, q, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.name, &r.value, &r.source, &r.version) },
		`select name, value, source, version from setting`)
	list := make([]Setting, len(settings))
	for i, s := range settings {
		s.Value = s.Default
		for _, r := range rows {
			if n, bad := strconv.Atoi(r.value); r.name == s.Name && bad == nil {
				s.Value, s.Source, s.Version = n, r.source, r.version
			}
		}
		list[i] = s
	}
	return list, err
}

// Set changes a setting for the whole installation. Where it is written must be named: no clock is a constant of ours.
func Set(ctx context.Context, db *store.DB, who org.Person, name string, version int64, value int, source string) error {
	source = strings.TrimSpace(source)
	return db.Write(ctx, func(tx *store.Tx) error {
		root, err := org.Root(ctx, tx)
		if err != nil {
			return err
		}
		if err := who.Check(org.Configure, root); err != nil {
			return err
		}
		list, err := Settings(ctx, tx)
		if err != nil {
			return err
		}
		for _, s := range list {
			if s.Name != name {
				continue
			}
			if s.Value == value && s.Source == source {
				return nil
			}
			if value < s.Least || value > s.Most {
				return Invalid{Field: s.Word, What: fmt.Sprintf("请填 %d 到 %d 之间的数", s.Least, s.Most)}
			}
			if source == "" {
				return Invalid{Field: s.Word + "的依据", What: "请写明是哪份文件规定的"}
			}
			n, err := tx.Exec(ctx, `insert into setting (name, value, source, changed, staff, version) values ($1, $2, $3, $4, $5, 1)
				on conflict (name) do update set value = excluded.value, source = excluded.source, changed = excluded.changed, staff = excluded.staff,
				version = setting.version + 1 where setting.version = $6`, name, strconv.Itoa(value), source, tx.Now.UnixMilli(), who.ID, version)
			if err != nil {
				return fmt.Errorf("set %s: %w", name, err)
			}
			if n == 0 {
				return errStaleSetting
			}
			return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "修改设置", Kind: "setting",
				Changes: []journal.Change{{Field: s.Word, From: fmt.Sprint(s.Value), To: fmt.Sprint(value)}, {Field: "依据", From: s.Source, To: source}}})
		}
		return store.ErrNotFound
	})
}

var errStaleSetting = Invalid{Field: "设置", What: "刚有人改过这一项，请刷新页面看过再改"}
