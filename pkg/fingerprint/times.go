package fingerprint

// timestamp reads a date, a date and time, or a time of day with seconds at i,
// which is a digit. It returns the end, or 0. An hour and a minute alone stay
// two numbers: 12:34 may also be a line and a column.
func timestamp(in []byte, i int) int {
	j := digitsEnd(in, i)
	switch j - i {
	case 4: // 2026-04-24, 2026/04/24, 2026.04.24
		if end := triple(in, j, 2, 2); end > 0 {
			return afterDate(in, end)
		}
	case 8: // 20260424T092608Z
		if j+6 < len(in) && in[j] == 'T' && digitsEnd(in, j+1) == j+7 {
			return zone(in, fraction(in, j+7))
		}
	case 1, 2:
		if end := clock(in, i); end > 0 && (i == 0 || in[i-1] != ':') {
			return zone(in, end)
		}
		if end := triple(in, j, 0, 4); end > 0 && small(in[i:j], 31) { // 24.04.2026
			return afterDate(in, end)
		}
		if end := dayMonth(in, i, j); end > 0 {
			return end
		}
	}
	return 0
}

// triple reads a separator, digits, the same separator, digits from j; the
// first digits are at most 2, n of them when n is not 0, the last exactly m.
func triple(in []byte, j, n, m int) int {
	if j >= len(in) || in[j] != '-' && in[j] != '/' && in[j] != '.' {
		return 0
	}
	k := digitsEnd(in, j+1)
	if w := k - j - 1; w < 1 || w > 2 || n > 0 && w != n || !small(in[j+1:k], 31) {
		return 0
	}
	if k >= len(in) || in[k] != in[j] {
		return 0
	}
	end := digitsEnd(in, k+1)
	if end-k-1 != m || m == 2 && !small(in[k+1:end], 31) || end < len(in) && in[end] != 'T' && isWord(in[end]) {
		return 0
	}
	return end
}

// small tells whether b, one or two digits, is at most top.
func small(b []byte, top int) bool {
	n := 0
	for _, c := range b {
		n = n*10 + int(c-'0')
	}
	return n <= top
}

// afterDate takes the time of day that follows a date ending at j.
func afterDate(in []byte, j int) int {
	k := j
	for k < len(in) && k < j+2 && (in[k] == ' ' || in[k] == ',') {
		k++
	}
	if k == j && k < len(in) && (in[k] == 'T' || in[k] == ':') {
		k++
	}
	if k > j {
		if end := clock(in, k); end > 0 {
			return zone(in, end)
		}
		if end := hourMinute(in, k); end > 0 {
			return zone(in, end)
		}
	}
	return j
}

// clock reads 9:26:08 or 09:26:08.553 at i.
func clock(in []byte, i int) int {
	j := hourMinute(in, i)
	if j == 0 || j+2 >= len(in) || in[j] != ':' || digitsEnd(in, j+1) != j+3 || !small(in[j+1:j+3], 60) {
		return 0
	}
	end := fraction(in, j+3)
	if end < len(in) && isWord(in[end]) && in[end] != 'Z' {
		return 0
	}
	return end
}

func hourMinute(in []byte, i int) int {
	j := digitsEnd(in, i)
	if w := j - i; w < 1 || w > 2 || !small(in[i:j], 24) {
		return 0
	}
	if j+2 >= len(in) || in[j] != ':' || digitsEnd(in, j+1) != j+3 || !small(in[j+1:j+3], 59) {
		return 0
	}
	return j + 3
}

func fraction(in []byte, j int) int {
	if j+1 < len(in) && (in[j] == '.' || in[j] == ',') && isDigit(in[j+1]) {
		return digitsEnd(in, j+1)
	}
	return j
}

// zone takes what may follow a time: Z, +03:00, " +0300", " UTC", " m=+0.5".
func zone(in []byte, j int) int {
	if j < len(in) && in[j] == 'Z' && ends(in, j+1) {
		return j + 1
	}
	for range 3 {
		k := j
		if k < len(in) && in[k] == ' ' {
			k++
		}
		if end := offset(in, k); end > 0 {
			j = end
			continue
		}
		if k == j {
			return j
		}
		end := wordEnd(in, k)
		switch string(in[k:end]) {
		case "UTC", "GMT", "MSK", "CET", "CEST", "EET", "EEST", "EST", "EDT", "CST", "CDT",
			"MST", "MDT", "PST", "PDT", "IST", "JST", "AM", "PM", "Z":
			j = end
			continue
		}
		if k+3 < len(in) && in[k] == 'm' && in[k+1] == '=' && (in[k+2] == '+' || in[k+2] == '-') {
			return fraction(in, digitsEnd(in, k+3))
		}
		return j
	}
	return j
}

// offset reads +03, +0300 or +03:00 at k.
func offset(in []byte, k int) int {
	if k >= len(in) || in[k] != '+' && in[k] != '-' {
		return 0
	}
	end := digitsEnd(in, k+1)
	switch end - k - 1 {
	case 2:
		if end+2 < len(in) && in[end] == ':' && digitsEnd(in, end+1) == end+3 {
			end += 3
		}
	case 4:
	default:
		return 0
	}
	if !ends(in, end) {
		return 0
	}
	return end
}

// dayMonth reads 24 Apr 2026, 24-Apr-2026, 24/Apr/2026:09:26:08 or "24 апреля
// 2026"; the day is in[i:j].
func dayMonth(in []byte, i, j int) int {
	if j >= len(in) || in[j] != ' ' && in[j] != '-' && in[j] != '/' || !small(in[i:j], 31) {
		return 0
	}
	k := wordEnd(in, j+1)
	if !month(in[j+1:k]) || k >= len(in) || in[k] != in[j] {
		return 0
	}
	end := digitsEnd(in, k+1)
	if end-k-1 != 4 || !ends(in, end) {
		return 0
	}
	return afterDate(in, end)
}

// spelledDate reads "Apr 24 09:26:08", "Apr 24, 2026", "Fri, 24 Apr 2026
// 09:26:08 GMT" or "Fri Apr 24 09:26:08 UTC 2026" at i, which is a letter.
func spelledDate(in []byte, i int) int {
	end := wordEnd(in, i)
	if end >= len(in) || end-i > 9 || end-i < 3 {
		return 0
	}
	if weekday(in[i:end]) {
		i = end
		if in[i] == ',' {
			i++
		}
		if i+1 >= len(in) || in[i] != ' ' {
			return 0
		}
		i++
		if isDigit(in[i]) {
			return dayMonth(in, i, digitsEnd(in, i))
		}
		end = wordEnd(in, i)
	}
	if !month(in[i:end]) || end+1 >= len(in) || in[end] != ' ' {
		return 0
	}
	j := digitsEnd(in, end+1)
	if w := j - end - 1; w < 1 || w > 2 || !small(in[end+1:j], 31) {
		return 0
	}
	if k := year(in, j); k > 0 {
		return afterDate(in, k)
	}
	if k := afterDate(in, j); k > j {
		if y := year(in, k); y > 0 {
			return y
		}
		return k
	}
	return 0
}

// year reads " 2026" or ", 2026" at j.
func year(in []byte, j int) int {
	if j < len(in) && in[j] == ',' {
		j++
	}
	if j+4 >= len(in) || in[j] != ' ' || digitsEnd(in, j+1) != j+5 || !ends(in, j+5) {
		return 0
	}
	return j + 5
}

func month(b []byte) bool {
	switch string(b) {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
		"January", "February", "March", "April", "June", "July", "August", "September",
		"October", "November", "December",
		"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа",
		"сентября", "октября", "ноября", "декабря":
		return true
	}
	return false
}

func weekday(b []byte) bool {
	switch string(b) {
	case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
		"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday":
		return true
	}
	return false
}
