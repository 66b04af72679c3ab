package redact

const (
	csAlnum = 1 << iota // A-Z a-z 0-9
	csWord              // and _ -
	csDot               // and .
	csBase              // and / + = ~ %
	csHex               // 0-9 a-f A-F
	csDigit             // 0-9
	csBlob              // A-Z a-z 0-9 + / _ -
)

var charsets = func() (t [256]uint8) {
	for c := range 256 {
		b := byte(c)
		digit := b >= '0' && b <= '9'
		switch {
		case digit, b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z':
			t[c] = csAlnum | csWord | csDot | csBase | csBlob
			if digit {
				t[c] |= csDigit | csHex
			}
			if b|0x20 >= 'a' && b|0x20 <= 'f' {
				t[c] |= csHex
			}
		case b == '_', b == '-':
			t[c] = csWord | csDot | csBase | csBlob
		case b == '.':
			t[c] = csDot | csBase
		case b == '/', b == '+':
			t[c] = csBase | csBlob
		case b == '=', b == '~', b == '%':
			t[c] = csBase
		}
	}
	return t
}()
