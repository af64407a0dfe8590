package screening

import "bihuan/office"

// fieldText is what stands in a field that only some rules ask for. Rows of the large lists have none.
type fieldText struct {
	field Field
	text  string
}

// textOf is the text of a field, empty where there is none.
func textOf(cells []fieldText, f Field) string {
	for _, c := range cells {
		if c.field == f {
			return c.text
		}
	}
	return ""
}

// told are the fields of the smaller lists that are kept as they stand. A province's dibao list is no small one: of it only that is
// kept which the run asks for.
func (r *run) told(k Kind) []Field {
	switch k {
	case Residents, Roll, OtherRoll, Deaths, Pension:
		return nil
	case Dibao, PreviousDibao:
		var list []Field
		if r.in.Places {
			list = append(list, FieldHousehold)
		}
		if r.has(Review) {
			list = append(list, FieldClass)
		}
		return list
	}
	return smallFields
}

var smallFields = []Field{FieldHousehold, FieldRelation, FieldState, FieldAmount, FieldRemark, FieldClass, FieldGrade, FieldFlag, FieldCar, FieldFirm, FieldHouse, FieldFund, FieldUnit, FieldOther, FieldOtherNo, FieldChecked, FieldNext, FieldBegun, FieldEnded,
	FieldHandled, FieldVisited, FieldAssessed, FieldPosted, FieldTown, FieldCounty}

// cellsOf keeps what rules may ask about a row.
func cellsOf(s *sheet, b *office.Batch, row int, told []Field) []fieldText {
	var list []fieldText
	for _, f := range told {
		if t := text(cell(b, row, s.place(f))); t != "" {
			list = append(list, fieldText{f, t})
		}
	}
	return list
}
