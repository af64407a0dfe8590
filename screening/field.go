package screening

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"bihuan/chinese"
)

// Field is what a column holds.
type Field string

// The fields, by their Chinese names, which is how a person maps them.
const (
	FieldName      Field = "姓名"
	FieldNumber    Field = "身份证号"
	FieldHeadName  Field = "户主姓名"
	FieldHeadNo    Field = "户主身份证号"
	FieldSex       Field = "性别"
	FieldBirth     Field = "出生日期"
	FieldAge       Field = "年龄"
	FieldAddress   Field = "地址"
	FieldVillage   Field = "村"
	FieldHousehold Field = "户号"
	FieldRelation  Field = "与户主关系"
	FieldAccount   Field = "账号"
	FieldStandard  Field = "标准"
	FieldAmount    Field = "金额"
	FieldMonth     Field = "月份"
	FieldState     Field = "状态"
	FieldReason    Field = "原因"
	FieldStateDate Field = "变动日期"
	FieldOut       Field = "迁出日期"
	FieldIn        Field = "迁入日期"
	FieldDeath     Field = "死亡日期"
	FieldStruck    Field = "注销日期"
	FieldCremation Field = "火化日期"
	FieldStop      Field = "停发时间"
	FieldRemark    Field = "备注"

	// Of the smaller lists; their headers stand with the kinds that have them.
	FieldClass    Field = "类别"
	FieldGrade    Field = "残疾等级"
	FieldFlag     Field = "是否预警"
	FieldCar      Field = "车辆"
	FieldFirm     Field = "工商登记"
	FieldHouse    Field = "不动产"
	FieldFund     Field = "公积金"
	FieldUnit     Field = "单位职务"
	FieldOther    Field = "干部姓名"
	FieldOtherNo  Field = "干部身份证号"
	FieldChecked  Field = "最近日期" // of a review, a proof of life, the use of an account
	FieldNext     Field = "下次复核日期"
	FieldBegun    Field = "开始日期"
	FieldEnded    Field = "结束日期"
	FieldHandled  Field = "处理日期"
	FieldVisited  Field = "入户核查日期"
	FieldAssessed Field = "民主评议日期"
	FieldPosted   Field = "公示日期"
	FieldTown     Field = "乡镇审核日期"
	FieldCounty   Field = "县级审定日期"
)

// synonym is a field and the headers that name it.
type synonym struct {
	field Field
	words string
}

// synonyms are the headers that name a field, as [label] writes them. The first of a field is its usual one.
var synonyms = []synonym{
	{FieldName, "姓名 名字 对象姓名 老人姓名 享受人姓名 享受人 领取人 领取人姓名 补贴对象 补贴对象姓名 发放对象 发放对象姓名 享受对象 享受对象姓名 对象名称 人员姓名 成员姓名 家庭成员 家庭成员姓名 居民姓名 公民姓名 死者姓名 死者 逝者姓名 亡者姓名 死亡人员姓名 死亡人员 死亡者姓名 逝者 保障对象 保障对象姓名 低保对象 低保对象姓名 低保人员姓名 救助对象 救助对象姓名 高龄老人姓名 老年人姓名 申请人 申请人姓名 参保人姓名 参保人 被保险人姓名 受益人姓名 受益人 本人姓名 人员名称 待遇人员姓名 待遇领取人 待遇领取人姓名"},
	{FieldHeadName, "户主姓名 户主 户主名称 户主名"},
	{FieldNumber, "身份证号 身份证号码 公民身份号码 公民身份证号码 公民身份证号 证件号码 证件号 身份证 居民身份证号 居民身份证号码 居民身份证 身份号码 身份证件号码 身份证件号 身份证编号 本人身份证号 本人身份证号码 老人身份证号 老人身份证号码 成员身份证号 成员身份证号码 死者身份证号 死者身份证号码 逝者身份证号 社会保障号码 社会保障号 社保号 社保号码 身份证明号码 二代身份证号"},
	{FieldHeadNo, "户主身份证号 户主身份证号码 户主身份证 户主证件号码 户主公民身份号码"},
	{FieldSex, "性别"},
	{FieldBirth, "出生日期 出生年月 生日 出生年月日 出生时间 出生日"},
	{FieldAge, "年龄 周岁 实足年龄 年龄周岁 享年 终年 死亡年龄 死亡时年龄 岁数"},
	{FieldAddress, "户籍地址 户籍所在地 户口地址 家庭住址 住址 户籍地 户口所在地 地址 现住址 详细地址 家庭地址 居住地址 常住地址 住所"},
	{FieldVillage, "村 村名 所属村 村居 行政村 村委会 村社区 所在村 村居名称 村别 户籍村 社区 村庄 所属村居 村委会名称 所在村居 所属行政村 行政村名 行政村名称 村名称 村居委会 所属村社区 所在行政村 村委"},
	{FieldHousehold, "户号 户编号 家庭编号 户籍号 户口号 户口编号 户口簿号 户口本号 户籍编号 家庭户号 家庭号 低保证号 保障证号 救助证号 低保证编号 户代码"},
	{FieldRelation, "与户主关系 与户主的关系 家庭关系 关系 与申请人关系 与户主 成员关系 与户主之间关系 户主关系 和户主关系 同户主关系 与户主关系名称 家庭成员关系 与户主称谓"},
	{FieldAccount, "银行账号 银行卡号 一卡通账号 账号 卡号 一卡通号 帐号 银行帐号 一卡通卡号 一卡通帐号 社保卡账号 社保卡银行账号 社保卡卡号 收款账号 发放账号 惠农一卡通账号 存折账号 银行卡账号 银行账户 开户账号 个人账号 惠民一卡通账号 一卡通 账户"},
	{FieldStandard, "发放标准 补贴标准 月标准 标准 补助标准 享受标准 津贴标准 月补贴标准 每月标准 月发放标准 保障标准"},
	{FieldAmount, "发放金额 金额 补贴金额 实发 实发金额 实发数 本月发放 本月金额 发放额 应发金额 补助金额 津贴金额 本次发放金额 实际发放金额 月发放金额 月补贴金额 补贴额 实发额 高龄津贴 高龄津贴金额 本月实发 保障金额 低保金额"},
	{FieldMonth, "发放月份 发放年月 享受月份 月份 年月 发放期 所属月份 发放时间 发放日期 发放期间 补贴月份 所属期 津贴月份 业务年月 补贴年月 补助月份 月度 领取月份"},
	{FieldState, "状态 户籍状态 人员状态 人口状态 户口状态 发放状态 享受状态 待遇状态 领取状态 养老金状态 户籍情况 保障状态 当前状态 生存状态 待遇发放状态 在册状态 户籍人口状态 领取情况 人员情况 状况 养老金发放状态 待遇领取状态 户口情况"},
	{FieldReason, "停发原因 注销原因 变动原因 异动原因 迁移原因 变动类型 变动情况 异动类型 变动类别"},
	{FieldStateDate, "变动日期 变动时间 异动日期 异动时间 变更日期 变更时间 迁移日期 状态日期 变动年月 状态变动日期 状态变更日期 户籍变动日期"},
	{FieldOut, "迁出日期 迁出时间"},
	{FieldIn, "迁入日期 迁入时间"},
	{FieldDeath, "死亡日期 死亡时间 去世日期 去世时间 死亡年月日 死亡年月 逝世日期 死亡日 故去日期"},
	{FieldStruck, "注销日期 注销时间 死亡登记日期 死亡注销日期 户籍注销日期 户口注销日期 销户日期"},
	{FieldCremation, "火化日期 火化时间"},
	{FieldStop, "停发时间 停发年月 停发日期 停发月份"},
	{FieldRemark, "备注 说明 备注说明"},
	{FieldClass, ""}, {FieldGrade, ""}, {FieldFlag, ""}, {FieldCar, ""}, {FieldFirm, ""}, {FieldHouse, ""}, {FieldFund, ""}, {FieldUnit, ""}, {FieldOther, ""}, {FieldOtherNo, ""}, {FieldChecked, ""}, {FieldNext, ""}, {FieldBegun, ""}, {FieldEnded, ""}, {FieldHandled, ""},
	{FieldVisited, ""}, {FieldAssessed, ""}, {FieldPosted, ""}, {FieldTown, ""}, {FieldCounty, ""},
}

// known are the fields by the headers that name them.
var known = sync.OnceValue(func() map[string]Field {
	m := map[string]Field{}
	for _, s := range synonyms {
		for word := range strings.FieldsSeq(s.words) {
			if _, twice := m[word]; !twice {
				m[word] = s.field
			}
		}
	}
	return m
})

// others are headers that look like a field and are somebody else's: who collects the money, who keeps the account.
var others = []string{"代领", "代办", "监护", "经办", "开户人", "账户名", "户名", "联系人", "子女", "配偶", "父亲", "母亲", "赡养", "亲属", "申报人", "报告人", "填表", "审核", "村干部", "包村", "扶养", "抚养", "照料", "签名", "签字", "领款人签", "发放人", "承办"}

// Belief are the words by which a header asks for somebody's faith. No list with such a column is read.
var Belief = []string{"信仰", "信教", "宗教", "教徒", "教派", "教民", "皈依", "受洗", "洗礼", "礼拜", "教别", "教籍", "教会", "信众", "信徒", "佛教", "道教", "基督", "天主", "伊斯兰", "穆斯林"}

// label is a header as it is compared: half-width, without blanks, marks and what stands in brackets.
func label(header string) string {
	var b strings.Builder
	depth := 0
	for _, r := range header {
		switch r = chinese.Fold(r); {
		case r == '(' || r == '[' || r == '【' || r == '〔':
			depth++
		case r == ')' || r == ']' || r == '】' || r == '〕':
			depth = max(0, depth-1)
		case depth == 0 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 && depth == 0 && strings.TrimSpace(header) != "" { // nothing but brackets
		return strings.Trim(folded(header), "()[]")
	}
	return b.String()
}

// fieldOf guesses what a header names. sure is a word of the list, not one that only contains it.
func fieldOf(header string) (f Field, sure bool) {
	word := label(header)
	if word == "" || len([]rune(word)) > 20 {
		return "", false
	}
	if f, ok := known()[word]; ok {
		return f, true
	}
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(word, w) })
	}
	if has(others...) {
		return "", false
	}
	head := has("户主")
	switch {
	case has("身份证", "身份号码", "证件号") && head:
		return FieldHeadNo, false
	case has("身份证", "身份号码", "证件号"):
		return FieldNumber, false
	case has("姓名") && head:
		return FieldHeadName, false
	case has("姓名"):
		return FieldName, false
	case has("死亡日期", "死亡时间", "去世"):
		return FieldDeath, false
	case has("火化") && has("日", "时间"):
		return FieldCremation, false
	case has("迁出") && has("日", "时间"):
		return FieldOut, false
	case has("迁入") && has("日", "时间"):
		return FieldIn, false
	case has("停发") && has("日", "时间", "年月", "月份"):
		return FieldStop, false
	case has("变动", "异动", "变更", "迁移") && has("日", "时间"):
		return FieldStateDate, false
	case has("注销", "销户") && has("日", "时间"):
		return FieldStruck, false
	case has("出生", "生日"):
		return FieldBirth, false
	case has("账号", "帐号", "卡号"):
		return FieldAccount, false
	case has("开始", "起始", "批准"):
		return "", false
	case has("月份", "年月"):
		return FieldMonth, false
	case has("标准"):
		return FieldStandard, false
	case has("金额", "实发", "应发", "实领", "发放额", "补贴额", "津贴额") || strings.HasSuffix(word, "高龄补贴") || strings.HasSuffix(word, "高龄津贴"):
		return FieldAmount, false
	case has("户号", "户编号") || has("户口簿", "户口本", "家庭编") && has("号"):
		return FieldHousehold, false
	case has("行政村", "村名", "村居", "村(居)", "村组", "居住村", "户籍村", "村社区"):
		return FieldVillage, false
	case has("住址", "地址"):
		return FieldAddress, false
	case has("状态"):
		return FieldState, false
	}
	return "", false
}

// Column is where a field was found.
type Column struct {
	Index  int    // from 0
	Header string // as it stands there
	Sure   bool   // the header is one of the known words; else it only looks like one
}

// Mapping says which column holds what.
type Mapping map[Field]Column

// String writes a mapping for a person: 姓名=B“对象姓名”.
func (m Mapping) String() string {
	var parts []string
	for _, s := range synonyms {
		if c, ok := m[s.field]; ok {
			mark := ""
			if !c.Sure {
				mark = "？"
			}
			parts = append(parts, fmt.Sprintf("%s=%s“%s”%s", s.field, columnLetters(c.Index), c.Header, mark))
		}
	}
	return strings.Join(parts, "，")
}

func columnLetters(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// KnownField tells whether there is such a field.
func KnownField(f Field) bool {
	return slices.ContainsFunc(synonyms, func(s synonym) bool { return s.field == f })
}

// FieldList names all fields.
func FieldList() string {
	var list []string
	for _, s := range synonyms {
		list = append(list, string(s.field))
	}
	return strings.Join(list, "、")
}
