package redact

import "strings"

var urlStop = func() (t [256]bool) {
	for _, c := range []byte(" \t\r\n\"'`<>/?#\\") {
		t[c] = true
	}
	return t
}()

// url handles "://" at i: user and password before the host, and the hosts whose
// paths are secrets themselves. Query parameters are seen by the key rules.
func (z *scanner) url(i int) int {
	s := z.s
	from := i + 3
	at, end := -1, from
	if from < len(s) && s[from] == '[' && markEnd(s, from) == 0 {
		return from // an IPv6 address
	}
	for end < len(s) && !urlStop[s[end]] {
		if s[end] == '[' {
			if m := markEnd(s, end); m > 0 {
				end = m
				continue
			}
		}
		if s[end] == ',' && at >= 0 {
			break // a list of hosts
		}
		if s[end] == ';' && strings.HasSuffix(s[:i], "sqlserver") {
			return end // properties follow; an @ in one of them is not before the host
		}
		if s[end] == '@' {
			at = end
		}
		end++
	}
	// A password may hold / ? or #: look on to an @ that is followed by a host,
	// as long as a colon has been seen and no path has begun in earnest.
	if at < 0 && end < len(s) && (s[end] == '/' || s[end] == '#' || s[end] == '?') {
		if c := strings.IndexByte(s[from:end], ':'); c >= 0 && !port(s[from+c+1:end]) {
			limit := min(len(s), end+128)
			k := max(end, z.noAt)
			for ; k < limit && classes[s[k]]&isSpace == 0 && s[k] != '"' && s[k] != '\''; k++ {
				if s[k] == '@' {
					at = k
					break
				}
			}
			if at < 0 {
				z.noAt = k
			}
		}
	}
	if at > from {
		user := s[from:at]
		if colon := strings.IndexByte(user, ':'); colon >= 0 {
			if user[colon+1:] == "" && (colon == 0 || !tokenUser(user[:colon])) || reference(user[colon+1:]) || vacant(user[colon+1:]) && colon+1 < len(user) {
				return at
			}
			return z.emit(from, at, kindURL)
		}
		if tokenUser(user) {
			return z.emit(from, at, kindURL)
		}
		return at
	}
	if end < len(s) && s[end] == '/' {
		return z.webhook(from, end)
	}
	return from
}

// port reports that s is empty or a port's number.
func port(s string) bool {
	if len(s) > 5 {
		return false
	}
	for i := range len(s) {
		if classes[s[i]]&isDigit == 0 {
			return false
		}
	}
	return true
}

// tokenUser reports that a user name without password is a token (as in a
// project's reporting address or a clone URL) rather than a name such as git.
func tokenUser(user string) bool {
	if len(user) < 12 {
		return false
	}
	sh := shapeOf(user)
	return sh.seen&isDigit != 0 && sh.turns >= 2 && (sh.longest <= 8 || randomish(user))
}

// webhook handles URLs whose path is the secret.
func (z *scanner) webhook(from, slash int) int {
	s := z.s
	start := from
	for _, scheme := range [...]string{"https://", "http://"} {
		if from-len(scheme) >= z.last && strings.HasSuffix(s[:from], scheme) {
			start = from - len(scheme)
		}
	}
	if !webhookHost(s[from:slash], s[slash:]) && (start == from || !hookPath(s[slash:pathEnd(s[:min(len(s), slash+160)], slash)])) {
		return slash
	}
	end := pathEnd(s, slash)
	if strings.HasPrefix(s[end:], "?key=") {
		end = pathEnd(s, end+1)
	}
	return z.emit(start, end, kindWebhook)
}

func pathEnd(s string, p int) int {
	for p < len(s) && (charsets[s[p]] != 0 || s[p] == '@') {
		p++
	}
	return p
}

// hookPath reports that a path leads to a receiver of messages whose name is
// drawn at random, and so all that protects it: /hooks/x7k…, /bot/v2/hook/<uuid>.
func hookPath(path string) bool {
	for {
		k := strings.IndexByte(path, '/')
		if k < 0 {
			return false
		}
		part := path[:k]
		path = path[k+1:]
		switch part {
		case "hook", "hooks", "webhook", "webhooks", "integration":
			next, _, _ := strings.Cut(path, "/")
			sh := shapeOf(next)
			id := isID(next)
			if id && part != "hook" && part != "integration" {
				continue // of a webhook, not its address
			}
			if len(next) >= 16 && (id || randomish(next) || sh.dashes == 0 && sh.seen&isDigit != 0 && sh.turns >= 4) {
				return true
			}
		}
	}
}

func webhookHost(host, path string) bool {
	rest := strings.TrimLeft(path, "/")
	switch {
	case host == "hooks.slack.com":
		return strings.HasPrefix(rest, "services/") || strings.HasPrefix(rest, "workflows/") || strings.HasPrefix(rest, "triggers/")
	case host == "discord.com", host == "discordapp.com", strings.HasSuffix(host, ".discord.com"):
		return strings.HasPrefix(rest, "api/webhooks/")
	case strings.HasSuffix(host, ".webhook.office.com"), host == "outlook.office.com":
		return strings.HasPrefix(rest, "webhook")
	case host == "qyapi.weixin.qq.com":
		return strings.HasPrefix(rest, "cgi-bin/webhook/")
	case host == "hooks.zapier.com", host == "chat.googleapis.com", host == "hook.integromat.com", host == "maker.ifttt.com":
		return len(rest) > 12
	case strings.HasSuffix(host, "bitrix24.ru"), strings.HasSuffix(host, "bitrix24.com"):
		return strings.HasPrefix(rest, "rest/")
	case host == "api.telegram.org":
		return strings.HasPrefix(rest, "bot")
	}
	return false
}

// oracleUser finds user/password before the "@" at i, as Oracle's drivers and
// sqlplus take them. It returns where they begin, or -1.
func oracleUser(s string, i, last int) int {
	k, slash := i, false
	for k > last && i-k < 128 && classes[s[k-1]]&isWord != 0 || k > last && i-k < 128 && s[k-1] == '/' && !slash {
		k--
		slash = slash || s[k] == '/'
	}
	if !slash || s[k] == '/' || s[i-1] == '/' || k > 0 && s[k-1] == '/' {
		return -1 // a path
	}
	near := s[i+1 : min(len(s), i+64)]
	if strings.HasPrefix(near, "//") || strings.Contains(near, ":1521/") || strings.HasSuffix(s[last:k], "thin:") || strings.HasSuffix(s[last:k], "sqlplus ") {
		return k
	}
	return -1
}

// dsnUser finds user:password before "@tcp(" and its kin, as Go's MySQL driver
// writes them; i is the "@". It returns where they begin, or -1.
func dsnUser(s string, i, last int) int {
	rest := s[i+1:]
	if !strings.HasPrefix(rest, "tcp(") && !strings.HasPrefix(rest, "unix(") && !strings.HasPrefix(rest, "tcp6(") && !strings.HasPrefix(rest, "(") {
		return -1
	}
	k, colon := i, false
	for k > last && i-k < 128 && classes[s[k-1]]&isSpace == 0 && s[k-1] != '"' && s[k-1] != '\'' && s[k-1] != '`' && s[k-1] != '=' && s[k-1] != '(' {
		k--
		colon = colon || s[k] == ':'
	}
	if !colon || k == i {
		return -1
	}
	return k
}
