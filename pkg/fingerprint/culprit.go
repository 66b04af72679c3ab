package fingerprint

import "strings"

const maxFrames = 1000

// ThrowSite tells whether the frames that a client sent are those of the place
// that failed, so that they may be given to Of. They are in most languages,
// whose errors carry the stack of their making. Go errors carry none: a Go
// client sends the stack of the place that reported the error, often one helper
// for the whole program, which would join or split groups by accident. There
// only panics know where they happened: level fatal or panic, or a type from
// package runtime. Platform is go, python, java, node …; case does not matter.
func ThrowSite(platform, errorType, level string) bool {
	if !strings.EqualFold(platform, "go") {
		return true
	}
	return strings.HasPrefix(strings.TrimPrefix(errorType, "*"), "runtime.") ||
		strings.EqualFold(level, "fatal") || strings.EqualFold(level, "panic")
}

// culprit names the one frame that failed: the innermost frame of the
// reporter's own code. One frame and not the whole stack, since a changed caller
// far away must not split the group. It is empty when that frame is not sure.
func culprit(frames []Frame, stack string) string {
	if len(frames) == 0 {
		return cleanCulprit(stackFrame(stack))
	}
	frames = frames[max(0, len(frames)-maxFrames):]
	for i := len(frames) - 1; i >= 0; i-- {
		if frames[i].InApp {
			return cleanCulprit(frames[i])
		}
	}
	// No frame is marked: the client does not know, or all is foreign code.
	for i := len(frames) - 1; i >= 0; i-- {
		if own(frames[i]) {
			return cleanCulprit(frames[i])
		}
	}
	return ""
}

// cleanCulprit returns module and function, or the file's last two elements
// and the function where the module is not known.
func cleanCulprit(f Frame) string {
	function := symbol(clean(strings.TrimSpace(f.Function), maxPart))
	module := symbol(clean(strings.TrimSpace(f.Module), maxPart))
	switch {
	case module != "" && (function == module || strings.HasPrefix(function, module+".")):
		return function
	case module != "" && function != "":
		return module + "." + function
	case module != "":
		return module
	}
	if function != "" && goQualified(function, f.File) {
		return function
	}
	return strings.TrimSpace(fileName(f.File) + " " + function)
}

// goQualified: Go and Java functions in text stacks hold their package already.
func goQualified(function, file string) bool {
	return strings.Contains(function, ".") && (file == "" || strings.HasSuffix(file, ".go") || javaFile(file))
}

// fileName returns the last two elements of a path, with release dates, bundle
// hashes and the like made general.
func fileName(path string) string {
	path = strings.ReplaceAll(path, "\\", "/")
	path = strings.TrimPrefix(path, "file://")
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	slash := strings.LastIndexByte(path, '/')
	if slash > 0 {
		slash = strings.LastIndexByte(path[:slash], '/')
	}
	return Template(clean(path[slash+1:], maxPart))
}

// symbol returns a function, module or type name without what changes from
// build to build: numbers of closures (func12 becomes func), of anonymous and
// generated classes, addresses, versions, type arguments, call arguments.
func symbol(s string) string {
	s = strings.TrimPrefix(s, "async ")
	if i := strings.Index(s, " [as "); i >= 0 {
		s = s[:i]
	}
	for _, cut := range [...]string{" + 0x", "+0x", "/0x", "@0x", " 0x"} {
		if i := strings.Index(s, cut); i > 0 {
			s = s[:i]
		}
	}
	s = withoutVersions(s)
	s = withoutTypeArguments(s)
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case isLetter(c) || c == '_':
			j := i
			for j < len(s) && (isLetter(s[j]) || isDigit(s[j]) || s[j] == '_') {
				j++
			}
			word := s[i:j]
			name := strings.TrimRight(word, "0123456789")
			if len(name) < len(word) && compilerMade(name) {
				if i > 0 && (name == "gowrap" || name == "deferwrap" || name == "range") { // x.gowrap1, x-range1
					return strings.TrimRight(b.String(), ".-")
				}
				b.WriteString(name)
				return afterClosure(b.String(), name, s[j:])
			}
			b.WriteString(word)
			i = j
		case c == '$' && i+1 < len(s) && isDigit(s[i+1]): // Outer$1, lambda$run$0
			for i++; i < len(s) && isDigit(s[i]); i++ {
			}
		case c == '$' && i+2 < len(s) && s[i+1] == '$' && generatedTail(s[i+2:]): // $$1a2b3c4d
			return b.String()
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// compilerMade: the names that compilers number.
func compilerMade(name string) bool {
	switch name {
	case "func", "gowrap", "deferwrap", "range", "GeneratedMethodAccessor", "GeneratedConstructorAccessor":
		return true
	}
	return false
}

// afterClosure ends a symbol after a Go closure: what follows in it are closures
// inside, all the same place. Other languages' names go on.
func afterClosure(head, name, rest string) string {
	if name == "func" || len(rest) > maxPart {
		return head
	}
	return head + rest
}

func generatedTail(s string) bool {
	n := 0
	for n < len(s) && isHex(s[n]) {
		n++
	}
	return n >= 6
}

// withoutVersions drops "@v1.2.3" up to the next slash.
func withoutVersions(s string) string {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '@')
		if i < 0 {
			return s
		}
		i += from
		j := i + 1
		if j < len(s) && s[j] == 'v' {
			j++
		}
		if i == 0 || j >= len(s) || !isDigit(s[j]) {
			from = i + 1
			continue
		}
		end := strings.IndexByte(s[i:], '/')
		if end < 0 {
			return s[:i]
		}
		s, from = s[:i]+s[i+end:], i
	}
}

// withoutTypeArguments replaces "[…]" of generic functions by "[...]".
func withoutTypeArguments(s string) string {
	i := strings.IndexByte(s, '[')
	j := strings.LastIndexByte(s, ']')
	if i <= 0 || j < i {
		return s
	}
	return s[:i] + "[...]" + s[j+1:]
}
