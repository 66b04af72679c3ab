package fingerprint

// number reads a number at i with what belongs to it: decimals, per cent,
// exponent, unit of time or size (also after a space), further parts of a
// version. It returns the end and the placeholder, or 0 when the run of letters
// and digits is something else.
func number(in []byte, i int) (int, string) {
	if end := hexLiteral(in, i); end > 0 {
		return end, phHex
	}
	run := wordEnd(in, i)
	j := digitsEnd(in, i)
	if j < run && run-i >= 7 && allHex(in[i:run]) {
		return padding(in, run), phNumber
	}
	dots := 0
	if j == run {
		for j+1 < len(in) && in[j] == '.' && isDigit(in[j+1]) {
			j = digitsEnd(in, j+1)
			dots++
		}
	}
	switch {
	case dots >= 2:
		return versionTail(in, j)
	case ends(in, j):
		if j < len(in) && in[j] == '%' {
			return j + 1, phNumber
		}
		if end, ph := spacedUnit(in, j); end > 0 {
			return end, ph
		}
		return j, phNumber
	}
	if end := duration(in, j); end > 0 {
		return end, phDuration
	}
	end := wordEnd(in, j)
	switch unit := in[j:end]; {
	case sizeUnit(unit):
		return end, phSize
	case ordinal(unit):
		return end, phNumber
	}
	if end := exponent(in, j); end > 0 {
		return end, phNumber
	}
	return 0, ""
}

// hexLiteral returns the end of 0x… at i, or 0.
func hexLiteral(in []byte, i int) int {
	if i+2 >= len(in) || in[i] != '0' || in[i+1]|0x20 != 'x' {
		return 0
	}
	end := wordEnd(in, i)
	if !allHex(in[i+2 : end]) {
		return 0
	}
	return end
}

func allHex(b []byte) bool {
	for _, c := range b {
		if !isHex(c) {
			return false
		}
	}
	return true
}

// versionTail takes the pre-release or build part of a version of three numbers
// or more that ends at j: 1.2.3-rc.1, 1.2.3+meta, 1.2.3rc1.
func versionTail(in []byte, j int) (int, string) {
	j = wordEnd(in, j)
	for k := 0; k < 2 && j+1 < len(in) && (in[j] == '-' || in[j] == '+') && isWord(in[j+1]); k++ {
		j = wordEnd(in, j+1)
		for j+1 < len(in) && in[j] == '.' && isDigit(in[j+1]) {
			j = wordEnd(in, j+1)
		}
	}
	return j, phVersion
}

func exponent(in []byte, j int) int {
	if in[j]|0x20 != 'e' {
		return 0
	}
	j++
	if j < len(in) && (in[j] == '+' || in[j] == '-') {
		j++
	}
	end := digitsEnd(in, j)
	if end == j || !ends(in, end) {
		return 0
	}
	return end
}

// duration reads the units of a Go-like duration whose first number ends at j:
// ms, m25s, h2m3.5s. It returns 0 when the text is not one to its end.
func duration(in []byte, j int) int {
	for {
		unit := j
		for j < len(in) && (isLetter(in[j]) || in[j] >= 0x80) {
			j++
		}
		if j == unit || !durationUnit(in[unit:j]) {
			return 0
		}
		if ends(in, j) {
			return j
		}
		j = digitsEnd(in, j)
		if j+1 < len(in) && in[j] == '.' && isDigit(in[j+1]) {
			j = digitsEnd(in, j+1)
		}
	}
}

// spacedUnit reads " ms", " seconds", " MiB" and the like after a number that
// ends at j.
func spacedUnit(in []byte, j int) (int, string) {
	if j+1 >= len(in) || in[j] != ' ' {
		return 0, ""
	}
	end := wordEnd(in, j+1)
	unit := in[j+1 : end]
	if len(unit) == 0 || len(unit) > 16 {
		return 0, ""
	}
	// A lone letter may also begin a sentence: "5 с базой".
	if len(unit) <= 2 && (unit[0] >= 0x80 || len(unit) == 1) && end < len(in) && in[end] == ' ' {
		return 0, ""
	}
	switch {
	case durationWord(unit), len(unit) > 1 && durationUnit(unit), string(unit) == "s", string(unit) == "h":
		return end, phDuration
	case sizeUnit(unit):
		return end, phSize
	}
	return 0, ""
}

func durationUnit(b []byte) bool {
	switch string(b) {
	case "ns", "us", "µs", "μs", "ms", "s", "m", "h", "d", "w",
		"sec", "secs", "min", "mins", "hr", "hrs",
		"мс", "с", "сек", "мин", "ч":
		return true
	}
	return false
}

func durationWord(b []byte) bool {
	switch string(b) {
	case "nanosecond", "nanoseconds", "microsecond", "microseconds",
		"millisecond", "milliseconds", "msec", "msecs", "second", "seconds",
		"minute", "minutes", "hour", "hours", "day", "days", "week", "weeks",
		"миллисекунд", "миллисекунда", "миллисекунды", "миллисекунду",
		"секунд", "секунда", "секунды", "секунду", "минут", "минута", "минуты", "минуту",
		"час", "часа", "часов", "день", "дня", "дней", "сутки", "суток":
		return true
	}
	return false
}

func sizeUnit(b []byte) bool {
	switch string(b) {
	case "B", "b", "k", "K", "M", "G", "T", "P", "Ki", "Mi", "Gi", "Ti", "Pi",
		"kb", "KB", "kB", "Kb", "mb", "MB", "Mb", "gb", "GB", "Gb", "tb", "TB", "Tb", "PB",
		"KiB", "kiB", "MiB", "GiB", "TiB", "PiB", "byte", "bytes", "Bytes", "bits", "bit",
		"Б", "КБ", "кБ", "Кб", "МБ", "Мб", "ГБ", "Гб", "ТБ", "Тб", "КиБ", "МиБ", "ГиБ", "ТиБ",
		"байт", "байта", "байтов":
		return true
	}
	return false
}

func ordinal(b []byte) bool {
	switch string(b) {
	case "st", "nd", "rd", "th":
		return true
	}
	return false
}

// padding skips the = signs that end a base64 text at i.
func padding(in []byte, i int) int {
	j := i
	for j < len(in) && j < i+2 && in[j] == '=' {
		j++
	}
	if j < len(in) && (isWord(in[j]) || in[j] == '=' || in[j] == '[' || in[j] == '"' || in[j] == '\'' || in[j] == '<') {
		return i // the sign of an assignment
	}
	return j
}
