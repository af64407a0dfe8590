package benefit

// Example is a programme as it is found somewhere: values to begin with, every one to be compared with the local document. Nothing is
// reckoned by them before somebody names it.
type Example struct {
	Code  string
	Name  string
	Level string
	Note  string // what differs most from place to place
	Terms []Parameter
}

// Examples are the programmes that a town most often runs (B1.1–B1.4).
var Examples = []Example{
	{Code: "elder", Name: "高龄津贴", Level: ByPerson, Note: "国家没有统一标准，由省或市定：年龄、档次、从哪个月发都要照本地文件改", Terms: []Parameter{
		{Name: Population, Value: "本地户籍，不限收入"},
		{Name: Threshold, Value: "80"},
		{Name: Amount, From: 80, To: 99, Value: "5000"},
		{Name: Amount, From: 100, Value: "30000"},
		{Name: FirstMonth, Value: Birthday},
		{Name: Grace, Value: "0"},
		{Name: Leaving, Value: "0"},
		{Name: ArrearsFrom, Value: FromEntitlement},
		{Name: Cycle, Value: Quarterly},
		{Name: AliveCheck, Value: "12"},
		{Name: DecideWithin, Value: "30"},
	}},
	{Code: "dibao", Name: "低保", Level: ByHousehold, Note: "按户核定、县级审批；复核周期按类别，公示天数照本省办法", Terms: []Parameter{
		{Name: Population, Value: "人均收入低于低保标准、财产符合规定的家庭"},
		{Name: Cycle, Value: Monthly},
		{Name: ReviewClock, Class: "重病重残、收入稳定", Value: "12"},
		{Name: ReviewClock, Class: "收入相对稳定", Value: "6"},
		{Name: ReviewClock, Class: "有劳动能力未就业", Value: "3"},
		{Name: FirstNotice, Value: "7"},
		{Name: LaterNotice, Value: "3"},
		{Name: ArrearsFrom, Value: NoArrears},
		{Name: DecideWithin, Value: "30"},
	}},
	{Code: "tekun", Name: "特困供养", Level: ByPerson, Note: "即原五保；分散或集中供养，照料等级照本地办法", Terms: []Parameter{
		{Name: Population, Value: "无劳动能力、无生活来源、无法定赡养扶养人或其无能力"},
		{Name: Cycle, Value: Monthly},
		{Name: ReviewClock, Class: "分散供养", Value: "12"},
		{Name: ReviewClock, Class: "集中供养", Value: "12"},
		{Name: Grace, Value: "0"},
		{Name: Exclusive, Value: "低保"},
		{Name: FirstNotice, Value: "7"},
		{Name: DecideWithin, Value: "30"},
	}},
	{Code: "monitored", Name: "防返贫监测户", Level: ByHousehold, Note: "从线索到决定一般不超过15天，其中村内公示不少于5天；解除风险走同样的程序", Terms: []Parameter{
		{Name: Population, Value: "脱贫不稳定、边缘易致贫、突发严重困难的农户"},
		{Name: ReviewClock, Class: "脱贫不稳定", Value: "6"},
		{Name: ReviewClock, Class: "边缘易致贫", Value: "6"},
		{Name: ReviewClock, Class: "突发严重困难", Value: "6"},
		{Name: Publicity, Value: "5"},
		{Name: DecideWithin, Value: "15"},
	}},
	{Code: "post", Name: "公益岗", Level: ByPerson, Note: "岗位写在类别里；工资发到本人卡，不得代领、统筹", Terms: []Parameter{
		{Name: Population, Value: "就业困难人员"},
		{Name: Cycle, Value: Monthly},
		{Name: ReviewClock, Value: "3"},
		{Name: FirstNotice, Value: "7"},
		{Name: DecideWithin, Value: "30"},
	}},
}
