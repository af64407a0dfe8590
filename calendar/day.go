package calendar

import "time"

// A day is counted from 1970-01-01, which is 0. Rules are computed in these numbers and written as dates at the end.

// dayOf is the number of a date YYYY-MM-DD.
func dayOf(date string) (int, bool) {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return 0, false
	}
	return int(t.Unix() / 86400), true // exact: Unix of a midnight is a multiple
}

// weekday is 0 for Monday.
func weekday(d int) int { return mod(d+3, 7) }

// mod is the remainder that is never negative.
func mod(a, n int) int { return ((a % n) + n) % n }

// floor divides towards the past.
func floor(a, n int) int { return (a - mod(a, n)) / n }

// civil is the year, month and day of the month of d in the Gregorian calendar, counted in years that begin in March.
func civil(d int) (year, month, day int) {
	d += 719468
	era := floor(d, 146097)
	doe := d - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	m := (5*doy + 2) / 153
	year, month, day = yoe+era*400, m+3, doy-(153*m+2)/5+1
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// number is the day of a civil date; months beyond 12 run on into the next years.
func number(year, month, day int) int {
	year += floor(month-1, 12)
	month = mod(month-1, 12) + 1
	if month <= 2 {
		year--
		month += 12
	}
	era := floor(year, 400)
	yoe := year - era*400
	doe := yoe*365 + yoe/4 - yoe/100 + (153*(month-3)+2)/5 + day - 1
	return era*146097 + doe - 719468
}

// monthOf counts months from the year 0.
func monthOf(d int) int {
	y, m, _ := civil(d)
	return y*12 + m - 1
}

// monthStart is the first day of a month counted by monthOf.
func monthStart(m int) int { return number(floor(m, 12), mod(m, 12)+1, 1) }

// write appends the date of d.
func write(b []byte, d int) []byte {
	y, m, day := civil(d)
	return append(b, byte('0'+y/1000%10), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-', byte('0'+day/10), byte('0'+day%10))
}
