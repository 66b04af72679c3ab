package redact

import "strings"

// foreignNouns name a password in languages other than English, in small letters
// as foldName leaves them; by their last byte, and longest first where one ends
// another. Those of Cyrillic lack their first letter, which may be a capital.
var foreignNouns = func() (t [256][]keyStem) {
	add := func(kind string, trust trust, words ...string) {
		for _, w := range words {
			t[w[len(w)-1]] = append(t[w[len(w)-1]], keyStem{w, kind, trust})
		}
	}
	add(kindPassword, condemned, "passwort", "kennwort", "motdepasse", "contraseña", "contrasena", "senha", "sifre", "şifre", "Şifre",
		"wachtwoord", "lösenord", "losenord", "passord", "adgangskode", "salasana", "lozinka", "hasło", "haslo", "heslo", "geslo",
		"jelszó", "jelszo", "khẩu", "ароль", "ароля", "аролем", "АРОЛЬ", "арола", "密码", "密码为", "密码是", "密碼", "口令", "暗証番号", "パスワード",
		"비밀번호", "암호", "المرور", "סיסמה", "รหัสผ่าน")
	add(kindPassword, suspicious, "clave", "parola")
	add(kindToken, condemned, "токен", "Токен", "ТОКЕН", "токена", "令牌", "トークン", "토큰")
	add(kindSecret, condemned, "секрет", "Секрет", "СЕКРЕТ")
	add(kindKey, condemned, "密钥", "密鑰", "apiキー")
	add(kindKey, suspicious, "ключ", "Ключ", "КЛЮЧ")
	add(kindPersonal, suspicious, "пинкод", "Пинкод", "ПИНкод", "ПИНКОД")
	return t
}()

// foreignKind knows the nouns of settings and messages in other languages.
func foreignKind(name []byte) (string, trust) {
	for _, k := range foreignNouns[name[len(name)-1]] {
		if len(name) >= len(k.stem) && string(name[len(name)-len(k.stem):]) == k.stem {
			return k.kind, k.trust
		}
	}
	return "", innocent
}

// foreignStops are stop words of the same languages.
func init() {
	for _, w := range strings.Fields(`
		не нет неверный неверен неверно неправильный отсутствует обязателен обязательно просрочен истёк истек пуст
		пустой принят отклонён отклонен сброшен изменён изменен задан указан устарел введён введен недействителен
		falsch ungültig erforderlich fehlt abgelaufen leer geändert
		obligatoire incorrecte incorrect requis invalide expiré manquant
		requerida requerido incorrecta incorrecto inválida inválido incorreta incorreto obrigatória obrigatório obligatoria vencida
		nieprawidłowe błędne wymagane nesprávné neplatné povinné vereist ongeldig onjuist krävs fel geçersiz yanlış gerekli`) {
		stopWords[w] = true
	}
}

// onlyHan reports that v is written in letters that nobody types into a password
// field, as those of Chinese, Japanese and Korean are: it speaks of the secret.
func onlyHan(v string) bool {
	for i := 0; i < len(v); i += 3 {
		if v[i] < 0xe2 || v[i] > 0xef || i+2 >= len(v) {
			return false
		}
	}
	return v != ""
}
