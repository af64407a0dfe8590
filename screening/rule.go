package screening

// Rule is one rule of the catalogue (B1.9). What a rule looks for is code; what it needs and says is here, so that both can be
// shown to whoever asks why somebody was found, or was not.
type Rule struct {
	ID      string
	Version int // counts up when the meaning changes; a frozen run names it
	Name    string
	Needs   []Kind   // lists it cannot do without
	Lacks   []string // lists that no kind stands for: with any here the rule is for the level above
	Verify  string   // how to look into a hit
}

// Rules is the catalogue.
var Rules = []Rule{
	{"HL-01", 1, "应享未享", []Kind{Residents, Roll}, nil, "入户或电话核实本人健在、愿意申领；符合的帮助申报"},
	{"HL-02", 1, "已故仍享", []Kind{Residents, Roll}, nil, "向家属或村干部核实死亡日期；属实的报县民政停发、追回"},
	{"HL-03", 1, "未到龄享受", []Kind{Residents, Roll}, nil, "核对户口簿出生日期；属实的报县民政处理"},
	{"HL-04", 1, "户籍迁出仍享", []Kind{Residents, Roll}, nil, "向派出所核实迁出日期；属实的报县民政停发"},
	{"HL-05", 1, "重复享受", []Kind{Roll}, nil, "核对两处发放记录和账号，确定保留哪一处"},
	{"HL-06", 1, "标准不符", []Kind{Residents, Roll}, nil, "核对年龄档和标准文件，计算补发或追回"},
	{"HL-07", 1, "信息错误", []Kind{Residents, Roll}, nil, "对照户口簿或身份证更正姓名、号码、出生日期"},
	{"HL-08", 1, "姓名身份互换", []Kind{Residents, Roll}, nil, "核对两人身份证和账号，更正互换的号码"},
	{"HL-09", 1, "账户异常", []Kind{Residents, Roll}, nil, "核实账户归谁所有、钱由谁领取"},
	{"HL-10", 1, "一人两号", []Kind{Residents}, nil, "请派出所核实后注销其中一个号码"},
	{"HL-11", 1, "长期未认证", []Kind{Roll}, []string{"生存认证名单", "账户交易情况"}, "上门认证"},
	{"HL-12", 1, "已停发应恢复", []Kind{Residents, Roll, Pension}, nil, "核实健在后报县民政恢复并补发"},
	{"DB-01", 1, "低保家庭成员死亡未退", []Kind{Dibao, Deaths}, nil, "入户核实；属实的提请县民政调整该户保障金额，不是整户停发"},
	{"DB-02", 1, "低保家庭有财政供养人员", []Kind{Dibao}, []string{"财政供养人员名单"}, "核实关系和收入"},
	{"DB-03", 1, "低保家庭有车辆、房产、工商登记", []Kind{Dibao}, []string{"车辆、不动产、市场主体核对结果"}, "核实用途和价值，农用三轮车等按政策"},
	{"DB-04", 1, "低保与特困同时享受", []Kind{Dibao}, []string{"特困供养名单"}, "确定保留哪一项"},
	{"DB-05", 1, "低保家庭成员户籍迁出", []Kind{Dibao, Residents}, nil, "向派出所核实迁出日期和去向"},
	{"DB-06", 1, "低保复核逾期", []Kind{Dibao}, []string{"复核记录"}, "安排复核"},
	{"DB-07", 1, "近亲属未备案", []Kind{Dibao}, []string{"近亲属备案表"}, "补备案"},
	{"DB-08", 1, "低保家庭人口增减未变更", []Kind{Dibao, Residents}, []string{"上一次低保名册"}, "核对家庭成员"},
	{"DB-09", 1, "有重残、大病而未纳入", []Kind{Dibao, Residents}, []string{"残疾证名单", "大病医疗名单"}, "入户了解，符合的帮助申请"},
	{"TK-01", 1, "特困人员有赡养人", []Kind{Residents}, []string{"特困供养名单"}, "核实赡养能力"},
	{"TK-02", 1, "疑似应纳入特困", []Kind{Residents}, []string{"特困供养名单", "收入核对结果"}, "入户了解"},
	{"JC-01", 1, "风险未按程序消除", nil, []string{"监测户名单"}, "补程序或恢复监测"},
	{"JC-02", 1, "大额自付医疗线索超时未处理", nil, []string{"监测户名单", "医保自付名单"}, "入户核实"},
	{"GY-01", 1, "公益岗人员不符合条件", nil, []string{"公益岗名单", "财政供养人员名单"}, "核实后按程序清退"},
}
