package fingerprint

import "strings"

const (
	traceback = "Traceback (most recent call last)"
	maxStack  = 64 << 10
)

// stackFrame finds the frame that failed in a text stack. It knows Go panics,
// Python tracebacks, Java and Node stacks by their own marks, and returns no
// frame when it recognises none: an empty culprit groups by message alone, a
// wrong one splits. A Go stack without a panic is where somebody asked for it,
// and so is a Python stack without "Traceback".
func stackFrame(stack string) Frame {
	stack = stack[:min(len(stack), maxStack)]
	switch {
	case strings.Contains(stack, "goroutine "):
		return goFrame(stack)
	case strings.Contains(stack, traceback):
		return pythonFrame(stack)
	case strings.Contains(stack, "at "):
		return atFrame(stack)
	}
	return Frame{}
}

// goFrame reads the first goroutine of a panic: the first own frame below the
// call of panic, or of the whole stack when the runtime printed it.
//
//	panic: boom
//
//	goroutine 1 [running]:
//	main.(*T).Run.func1(0xc000012345)
//		/src/app/main.go:12 +0x1d
func goFrame(stack string) Frame {
	var found, pending Frame
	sure, goroutines := false, 0
	for line := range strings.Lines(stack) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "panic: "), strings.HasPrefix(line, "fatal error: "):
			sure = true
		case strings.HasPrefix(line, "goroutine "):
			if goroutines++; goroutines > 1 {
				return onlyIf(sure, found)
			}
		case goroutines == 0:
		case strings.HasPrefix(line, "panic("):
			sure, found = true, Frame{} // what stands above is the deferred call
			pending = Frame{}
		case strings.HasPrefix(line, "created by "):
			return onlyIf(sure, found)
		case strings.HasPrefix(line, "\t"), strings.HasPrefix(line, "    "):
			if pending.Function == "" || found.Function != "" {
				continue
			}
			file, _, _ := strings.Cut(strings.TrimSpace(line), ":")
			if f := (Frame{Function: pending.Function, File: file}); own(f) {
				found = f
			}
			pending = Frame{}
		default:
			if i := strings.LastIndexByte(line, '('); i > 0 {
				pending = Frame{Function: line[:i]}
			}
		}
	}
	return onlyIf(sure, found)
}

func onlyIf(sure bool, f Frame) Frame {
	if !sure {
		return Frame{}
	}
	return f
}

// pythonFrame reads the traceback of the innermost cause, which Python prints
// first: its last own frame.
//
//	Traceback (most recent call last):
//	  File "/app/jobs/etl.py", line 12, in run
func pythonFrame(stack string) Frame {
	var found Frame
	inside := false
	for line := range strings.Lines(stack) {
		text := strings.TrimSpace(line)
		if strings.HasPrefix(text, traceback) {
			if found.File != "" {
				return found
			}
			inside = true
			continue
		}
		rest, ok := strings.CutPrefix(text, "File \"")
		if !inside || !ok {
			continue
		}
		file, rest, ok := strings.Cut(rest, "\", line ")
		if !ok {
			continue
		}
		_, function, _ := strings.Cut(rest, ", in ")
		if f := (Frame{Function: function, File: file}); own(f) {
			found = f
		}
	}
	return found
}

// atFrame reads Java and Node stacks, innermost first, lines of "at …". Of
// several causes the last one that has an own frame wins: it is the root.
//
//	at com.acme.Worker.run(Worker.java:42)
//	at run (/app/src/worker.js:10:5)
func atFrame(stack string) Frame {
	var found Frame
	open := true // no own frame yet in this cause
	for line := range strings.Lines(stack) {
		text := strings.TrimSpace(line)
		if strings.HasPrefix(text, "Caused by: ") || strings.HasPrefix(text, "[cause]: ") {
			open = true
			continue
		}
		call, ok := strings.CutPrefix(text, "at ")
		if !ok || !open {
			continue
		}
		f, ok := javaCall(call)
		if !ok {
			f, ok = nodeCall(call)
		}
		if ok && own(f) {
			found, open = f, false
		}
	}
	return found
}

// javaCall reads "java.base/java.lang.Thread.run(Thread.java:833)".
func javaCall(call string) (Frame, bool) {
	name, rest, ok := strings.Cut(call, "(")
	if !ok || strings.ContainsAny(name, " \t") {
		return Frame{}, false
	}
	file, _, _ := strings.Cut(strings.TrimSuffix(rest, ")"), ":")
	if !javaFile(file) && file != "Native Method" && file != "Unknown Source" {
		return Frame{}, false
	}
	if i := strings.LastIndexByte(name, '/'); i >= 0 && !strings.Contains(name[i:], "0x") {
		name = name[i+1:] // module or class loader
	}
	if !strings.Contains(name, ".") {
		return Frame{}, false
	}
	return Frame{Function: name, File: file}, true
}

func javaFile(file string) bool {
	return strings.HasSuffix(file, ".java") || strings.HasSuffix(file, ".kt") ||
		strings.HasSuffix(file, ".scala") || strings.HasSuffix(file, ".groovy")
}

// nodeCall reads "run (/app/src/worker.js:10:5)" and "/app/src/worker.js:10:5".
func nodeCall(call string) (Frame, bool) {
	call = strings.TrimPrefix(call, "async ")
	function, place := "", call
	if i := strings.LastIndex(call, " ("); i > 0 && strings.HasSuffix(call, ")") {
		function, place = call[:i], call[i+2:len(call)-1]
	}
	file, ok := withoutPosition(place)
	if !ok || strings.Contains(function, "(") {
		return Frame{}, false
	}
	return Frame{Function: strings.TrimPrefix(function, "new "), File: file}, true
}

// withoutPosition cuts ":10:5"; a place without line and column is none.
func withoutPosition(place string) (string, bool) {
	for range 2 {
		i := strings.LastIndexByte(place, ':')
		if i <= 0 || i+1 == len(place) || strings.Trim(place[i+1:], "0123456789") != "" {
			return "", false
		}
		place = place[:i]
	}
	return place, true
}

// own guesses, where the client does not say, whether a frame is the reporter's
// own code and not a library, a runtime or generated.
func own(f Frame) bool {
	file := strings.ReplaceAll(f.File, "\\", "/")
	for _, mark := range [...]string{
		"node_modules/", "node:", "internal/", "site-packages/", "dist-packages/", "/lib/python",
		"<frozen ", "/pkg/mod/", "/vendor/", "/go/src/", "/gems/", "<anonymous>", "native",
	} {
		if !strings.Contains(file, mark) {
			continue
		}
		// Directories named internal are the program's own unless Node's.
		if mark == "internal/" && !strings.HasPrefix(file, mark) || mark == "native" && file != mark {
			continue
		}
		return false
	}
	switch {
	case f.Function == "" && f.Module == "" && file == "":
		return false
	case strings.HasSuffix(file, ".go"):
		return !strings.Contains(file, "@v") && !goStandard(goPackage(f))
	case javaFile(file), file == "Native Method", file == "Unknown Source":
		return !javaLibrary(javaName(f))
	}
	return true
}

func javaName(f Frame) string {
	if f.Module != "" {
		return f.Module + "."
	}
	return f.Function
}

func goPackage(f Frame) string {
	if f.Module != "" {
		return f.Module
	}
	return f.Function
}

// goStandard tells whether a package or function is of Go's standard library,
// by its first path element.
func goStandard(name string) bool {
	first := name
	if i := strings.IndexAny(name, "./"); i >= 0 {
		first = name[:i]
	}
	switch first {
	case "archive", "bufio", "builtin", "bytes", "cmp", "compress", "container", "context", "crypto",
		"database", "debug", "embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html",
		"image", "index", "internal", "io", "iter", "log", "maps", "math", "mime", "net", "os", "path",
		"plugin", "reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings", "structs",
		"sync", "syscall", "testing", "text", "time", "unicode", "unique", "unsafe", "weak":
		return true
	}
	return false
}

func javaLibrary(name string) bool {
	for _, prefix := range [...]string{
		"java.", "javax.", "jdk.", "sun.", "com.sun.", "jakarta.", "kotlin.", "kotlinx.", "scala.", "groovy.",
		"org.springframework.", "org.apache.", "org.hibernate.", "org.postgresql.", "org.junit.", "org.eclipse.",
		"org.jboss.", "org.slf4j.", "io.netty.", "io.grpc.", "io.vertx.", "io.micrometer.", "io.opentelemetry.",
		"reactor.", "com.fasterxml.", "com.google.common.", "com.zaxxer.", "com.mysql.", "okhttp3.", "feign.",
		"ch.qos.logback.", "akka.", "net.bytebuddy.",
	} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
