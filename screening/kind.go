package screening

import (
	"cmp"
	"slices"
	"strings"

	"bihuan/office"
)

// Kind is what a list is.
type Kind string

// The kinds of list.
const (
	Residents     Kind = "residents"  // the register of residents
	Roll          Kind = "roll"       // payments of the old-age allowance, one line a person and month
	OtherRoll     Kind = "other-roll" // the same of another town, this month's
	Deaths        Kind = "deaths"
	Dibao         Kind = "dibao" // members of households on the minimum living allowance
	Pension       Kind = "pension"
	Tekun         Kind = "tekun"          // who is supported because nobody else does (特困, once 五保)
	Payroll       Kind = "payroll"        // who is paid by the state, or has a wage by the social insurance
	Warning       Kind = "warning"        // what the county's check of vehicles, firms, houses, housing funds came to: yes or no, and of what
	Review        Kind = "review"         // reviews of households on the minimum living allowance
	Kin           Kind = "kin"            // relatives of staff and cadres that were declared
	Cadres        Kind = "cadres"         // village cadres, and staff who handle benefits
	PreviousDibao Kind = "previous-dibao" // the dibao list of an earlier month
	Disability    Kind = "disability"     // certificates of disability
	Medical       Kind = "medical"        // what people paid of large medical bills themselves
	Monitored     Kind = "monitored"      // households watched against falling into poverty
	MonitorSteps  Kind = "monitor-steps"  // the steps by which a risk was said to be over
	Posts         Kind = "posts"          // public-welfare posts
	AliveCheck    Kind = "alive-check"
	Dormant       Kind = "dormant" // when accounts were last used
)

// kinds are what there is to say about each kind of list, in the order in which lists are named.
var kinds = []struct {
	kind   Kind
	word   string // its Chinese name
	fields []Field
	own    []synonym // headers that mean something in this kind of list only
	heads  string    // what headers of such a list hold
	titles string    // what titles and names of such files hold
}{
	{Residents, "户籍", []Field{FieldName, FieldNumber, FieldSex, FieldBirth, FieldAddress, FieldVillage, FieldHousehold, FieldRelation, FieldState, FieldReason, FieldStateDate, FieldOut, FieldIn, FieldDeath, FieldStruck}, nil,
		"户籍状态 户口 与户主关系 户号 户籍地 民族 迁入 迁出 变动日期", "户籍 户口 常住人口 人口登记"},
	{Roll, "高龄津贴发放册", []Field{FieldName, FieldNumber, FieldBirth, FieldAge, FieldVillage, FieldAddress, FieldAccount, FieldAmount, FieldStandard, FieldMonth, FieldState, FieldStop}, nil,
		"发放金额 补贴金额 津贴 发放标准 补贴标准 发放月份 享受月份 账号 卡号 实发 金额", "高龄 津贴 老年补贴 发放"},
	{OtherRoll, "外乡镇发放册", []Field{FieldName, FieldNumber, FieldBirth, FieldVillage, FieldAccount, FieldAmount, FieldStandard, FieldMonth, FieldState, FieldStop}, nil,
		"", "外镇 外乡 他镇 外县 其他乡镇"},
	{Deaths, "死亡名单", []Field{FieldName, FieldNumber, FieldBirth, FieldAge, FieldVillage, FieldAddress, FieldDeath, FieldCremation, FieldStruck, FieldStateDate}, nil,
		"死亡 火化 死者 逝者 亡者 去世 注销日期 死因", "死亡 火化 注销 殡葬 去世"},
	{Dibao, "低保名册", dibaoFields, dibaoOwn, "低保 保障人口 保障金额 保障类别 保障证 保障标准 户主姓名", "低保 最低生活保障"},
	{Pension, "养老金名单", []Field{FieldName, FieldNumber, FieldVillage, FieldState, FieldStop, FieldReason}, nil,
		"养老金 社会保障号 待遇状态 待遇领取 参保 发放状态 领取状态", "养老金 养老保险 居保 养老待遇"},
	{Tekun, "特困名册", []Field{FieldName, FieldNumber, FieldVillage, FieldAddress, FieldClass, FieldState, FieldStop, FieldAmount}, []synonym{
		{FieldClass, "供养方式 供养类别 供养类型 供养形式 救助供养方式"}, {FieldName, "特困对象 特困人员 特困人员姓名 供养对象 供养对象姓名 特困对象姓名"}, {FieldAmount, "供养金额 供养标准 供养金"}, {FieldState, "供养状态"}},
		"供养 特困 五保 自理能力 照料护理", "特困 五保 供养"},
	{Payroll, "财政供养和社保工资名单", []Field{FieldName, FieldNumber, FieldVillage, FieldUnit, FieldClass, FieldState, FieldStop}, []synonym{
		{FieldUnit, "工作单位 单位名称 单位 参保单位 缴费单位 所在单位 供养单位 参保单位名称"}, {FieldClass, "人员类别 供养类别 编制类别 人员性质 参保类型 险种 编制类型 身份类别"}, {FieldState, "在职状态 参保状态 缴费状态 人员状态"}},
		"财政供养 工作单位 编制 参保单位 缴费单位 缴费基数 应发工资 人员性质", "财政供养 工资 在编 社保缴费 职工参保"},
	{Warning, "核对预警名单", []Field{FieldName, FieldNumber, FieldVillage, FieldFlag, FieldClass, FieldCar, FieldFirm, FieldHouse, FieldFund, FieldRemark}, []synonym{
		{FieldFlag, "预警 是否预警 预警结果 核对结果 比对结果 是否有预警 有无预警"}, {FieldClass, "预警类型 预警种类 预警项目 核对项目 预警信息 信息类型 预警内容 类型 种类 项目 财产类型"}, {FieldCar, "车辆 机动车 名下车辆 车辆信息 是否有车 有无车辆"}, {FieldFirm, "工商 工商登记 市场主体 工商信息 企业登记 营业执照"}, {FieldHouse, "不动产 房产 不动产信息 房产信息 商品房 不动产登记"}, {FieldFund, "公积金 住房公积金"}, {FieldRemark, "车辆类型 车型 预警说明 情况说明 具体情况 详细信息 备注 说明"}},
		"预警 核对 车辆 车型 工商 不动产 公积金", "预警 核对 车辆 工商 不动产 公积金 房产"},
	{Review, "低保复核记录", []Field{FieldName, FieldNumber, FieldHeadName, FieldHeadNo, FieldVillage, FieldHousehold, FieldClass, FieldChecked, FieldNext}, []synonym{
		{FieldChecked, "复核日期 复核时间 最近复核日期 上次复核日期 上次复核时间 本次复核日期 核查日期 核查时间 最近一次复核日期 入户日期 复核年月"}, {FieldNext, "下次复核日期 下次复核时间 应复核日期 复核到期日期 复核期限 下次复核"}, {FieldClass, "复核类别 保障类别 低保类别 类别 动态管理类别 分类 家庭类别"}},
		"复核 复核日期 复核时间 下次复核", "复核 动态管理"},
	{Kin, "近亲属备案表", []Field{FieldName, FieldNumber, FieldVillage, FieldHousehold, FieldOther, FieldOtherNo, FieldRelation}, []synonym{
		{FieldName, "近亲属姓名 亲属姓名 享受低保近亲属姓名 近亲属"}, {FieldNumber, "近亲属身份证号 近亲属身份证号码 亲属身份证号 亲属身份证号码 近亲属公民身份号码"}, {FieldOther, "干部姓名 工作人员姓名 经办人姓名 村干部姓名 备案人 备案人姓名 申报人姓名 本人姓名"}, {FieldOtherNo, "干部身份证号 干部身份证号码 工作人员身份证号 村干部身份证号 备案人身份证号 本人身份证号"}, {FieldRelation, "与干部关系 与工作人员关系 与村干部关系 与本人关系 亲属关系 与备案人关系"}},
		"近亲属 亲属姓名 与干部关系 备案", "近亲属 备案"},
	{Cadres, "村干部和经办人名单", []Field{FieldName, FieldNumber, FieldVillage, FieldUnit}, []synonym{
		{FieldName, "干部姓名 村干部姓名 经办人姓名 经办人 村干部 工作人员姓名"}, {FieldNumber, "干部身份证号 干部身份证号码 村干部身份证号 村干部身份证号码 经办人身份证号 工作人员身份证号"}, {FieldUnit, "职务 单位及职务 村内职务 岗位 工作单位 任职情况"}},
		"职务 任职 干部姓名 经办人姓名", "村干部 经办人 两委 干部名单 干部花名册"},
	{PreviousDibao, "上一次低保名册", dibaoFields, dibaoOwn, "", "上一次 上次 上期 上年 上月"},
	{Disability, "残疾人证名单", []Field{FieldName, FieldNumber, FieldVillage, FieldAddress, FieldClass, FieldGrade, FieldState}, []synonym{
		{FieldClass, "残疾类别 残疾类型 残疾种类"}, {FieldGrade, "残疾等级 残疾级别 残疾程度 等级 级别 残级"}, {FieldNumber, "残疾人身份证号"}, {FieldName, "残疾人姓名"}, {FieldState, "证件状态 残疾人证状态"}},
		"残疾", "残疾 残联"},
	{Medical, "医疗自付名单", []Field{FieldName, FieldNumber, FieldVillage, FieldAmount, FieldBegun, FieldHandled}, []synonym{
		{FieldName, "患者姓名 患者 病人姓名"}, {FieldNumber, "患者身份证号 患者身份证号码"}, {FieldAmount, "自付金额 个人自付 个人自付金额 自付费用 个人负担 个人负担金额 个人负担费用 自付 累计自付 个人自付费用 合规自付费用"}, {FieldBegun, "推送日期 线索日期 推送时间 预警日期 结算日期 出院日期 线索时间 下发日期"}, {FieldHandled, "处理日期 办理日期 核实日期 处置日期 反馈日期 处理时间 核实时间 处置时间 反馈时间"}},
		"自付 个人负担 医疗总费用 医保报销 住院 病种 结算日期", "自付 医保 大病 医疗"},
	{Monitored, "监测户名单", monitorFields, monitorOwn, "监测对象 监测类型 监测户 风险 识别 纳入时间", "监测户 监测对象 防返贫 防止返贫"},
	{MonitorSteps, "风险消除程序记录", monitorFields, monitorOwn, "评议日期 评议时间 审核日期 审核时间 审定日期 审定时间 公示日期 公示时间 核查日期", "程序 风险消除"},
	{Posts, "公益岗名单", []Field{FieldName, FieldNumber, FieldVillage, FieldClass, FieldBegun, FieldEnded, FieldState, FieldStop}, []synonym{
		{FieldClass, "岗位名称 岗位类型 岗位类别 岗位 岗位种类 公益岗位 公益性岗位 工种"}, {FieldBegun, "上岗日期 上岗时间 聘用日期 聘用时间 协议起 协议开始日期 开始日期 起始日期 合同开始日期"}, {FieldEnded, "离岗日期 离岗时间 协议止 协议结束日期 结束日期 到期日期 终止日期 合同结束日期 退出日期"}, {FieldState, "在岗状态 是否在岗 岗位状态"}},
		"岗位 上岗 在岗 离岗", "公益岗 公益性岗位"},
	{AliveCheck, "生存认证名单", []Field{FieldName, FieldNumber, FieldVillage, FieldChecked, FieldState}, []synonym{
		{FieldChecked, "认证日期 认证时间 最近认证日期 最近认证时间 上次认证日期 上次认证时间 最后认证时间 认证通过时间"}, {FieldState, "认证状态 认证结果 是否认证 认证情况"}},
		"认证", "认证 生存"},
	{Dormant, "账户交易情况", []Field{FieldName, FieldNumber, FieldVillage, FieldAccount, FieldChecked, FieldState}, []synonym{
		{FieldChecked, "最近交易日期 最后交易日期 最近交易时间 最后交易时间 最近支取日期 最后支取日期 最近取款日期 最后动账日期 最近动账日期"}, {FieldState, "账户状态 账户情况"}},
		"交易日期 交易时间 支取日期 取款日期 动账 账户状态", "交易 不动户 睡眠户 长期未动"},
}

var dibaoFields = []Field{FieldName, FieldNumber, FieldHeadName, FieldHeadNo, FieldVillage, FieldHousehold, FieldClass, FieldState, FieldStop, FieldMonth, FieldAmount}

var dibaoOwn = []synonym{{FieldClass, "保障类别 低保类别 类别 分类 动态管理类别 家庭类别"}}

var monitorFields = []Field{FieldName, FieldNumber, FieldHeadName, FieldHeadNo, FieldVillage, FieldHousehold, FieldClass, FieldState, FieldBegun, FieldEnded, FieldVisited, FieldAssessed, FieldPosted, FieldTown, FieldCounty}

var monitorOwn = []synonym{
	{FieldClass, "监测对象类型 监测类型 监测对象类别 监测类别 户类型 类型"}, {FieldState, "风险状态 监测状态 风险是否消除 是否消除风险 风险消除情况"}, {FieldBegun, "识别日期 识别时间 纳入日期 纳入时间 监测开始日期 监测对象识别时间"},
	{FieldEnded, "风险消除日期 风险消除时间 消除日期 消除时间 解除日期 解除时间 解除监测日期"}, {FieldVisited, "入户核查日期 入户核实日期 核查日期 核实日期 入户日期 入户核查时间 核查时间"}, {FieldAssessed, "民主评议日期 村级评议日期 评议日期 民主评议时间 村级评议时间 评议时间"},
	{FieldPosted, "公示日期 公示时间 村级公示日期 村级公示时间 公示开始日期"}, {FieldTown, "乡镇审核日期 审核日期 镇级审核日期 乡镇审核时间 审核时间"}, {FieldCounty, "县级审定日期 审定日期 县级审批日期 批准日期 县级审定时间 审定时间"},
}

// Kinds are all kinds of list.
var Kinds = func() []Kind {
	list := make([]Kind, len(kinds))
	for i, k := range kinds {
		list[i] = k.kind
	}
	return list
}()

// Word is the Chinese name of a kind.
func (k Kind) Word() string {
	if i := slices.Index(Kinds, k); i >= 0 {
		return kinds[i].word
	}
	return string(k)
}

// Fields are what a list of a kind is asked for, in the order in which a person maps them.
func (k Kind) Fields() []Field {
	if i := slices.Index(Kinds, k); i >= 0 {
		return slices.Clone(kinds[i].fields)
	}
	return nil
}

// own adds to an override the headers among rows that mean something in this kind of list only. What a person said goes before.
func (k Kind) own(rows []office.GridRow, said Override) Override {
	i := slices.Index(Kinds, k)
	if i < 0 || kinds[i].own == nil {
		return said
	}
	there := map[string]string{}
	for _, row := range rows {
		if isData(row.Cells) {
			continue
		}
		for _, c := range row.Cells {
			there[label(c)] = c
		}
	}
	all := Override{}
	for f, h := range said {
		all[f] = h
	}
	for _, s := range kinds[i].own {
		if _, ok := all[s.field]; ok {
			continue
		}
		for word := range strings.FieldsSeq(s.words) {
			if h, ok := there[word]; ok && !all.names(h) {
				all[s.field] = h
				break
			}
		}
	}
	return all
}

// names tells whether a header is taken.
func (o Override) names(header string) bool {
	for _, h := range o {
		if h != "" && label(h) == label(header) {
			return true
		}
	}
	return false
}

// kindScore weighs what speaks for a kind of list: headers, and what it is called.
func kindScore(kind int, headers []string, titles string) int {
	score := 0
	for word := range strings.FieldsSeq(kinds[kind].heads) {
		if slices.ContainsFunc(headers, func(h string) bool { return strings.Contains(h, word) }) {
			score += 2
		}
	}
	for _, s := range kinds[kind].own {
		if slices.ContainsFunc(headers, func(h string) bool { return slices.Contains(strings.Fields(s.words), h) }) {
			score++
		}
	}
	for word := range strings.FieldsSeq(kinds[kind].titles) {
		if strings.Contains(titles, word) {
			score += 3
		}
	}
	return score
}

// guessKinds says what a list may be, the likeliest first, by its headers and by what it is called.
func guessKinds(headers []string, titles string) []Kind {
	type guess struct {
		kind  Kind
		score int
	}
	var list []guess
	for i, k := range kinds {
		if g := (guess{k.kind, kindScore(i, headers, titles)}); g.score > 1 {
			list = append(list, g)
		}
	}
	slices.SortStableFunc(list, func(a, b guess) int { return -cmp.Compare(a.score, b.score) })
	guesses := make([]Kind, len(list))
	for i, g := range list {
		guesses[i] = g.kind
	}
	return guesses
}
