package fingerprint

import (
	"slices"
	"strings"
)

const (
	genericType  = "error"
	maxTypes     = 32
	maxGroupType = 5
)

// specificType returns the first type, outer to inner, that says more than "an
// error": wrappers and the languages' general types are passed over, so that
// wrapping a failure once more does not move it to another group. Without any it
// is "error", whatever client sent it. A type that holds several errors is named
// with theirs: ExceptionGroup(KeyError, ValueError), sorted, at most five.
func specificType(types []string) string {
	types = types[:min(len(types), maxTypes)]
	for i, t := range types {
		t = cleanType(t)
		if t == "" || isWrapper(t) {
			continue
		}
		if isGroup(t) {
			return t + members(types[i+1:])
		}
		return t
	}
	return genericType
}

func members(types []string) string {
	var names []string
	for _, t := range types {
		if t = cleanType(t); t != "" && !isWrapper(t) && !isGroup(t) {
			names = append(names, t)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 {
		return ""
	}
	return "(" + strings.Join(names[:min(len(names), maxGroupType)], ", ") + ")"
}

func cleanType(t string) string {
	return symbol(clean(strings.TrimSpace(t), maxPart))
}

func isWrapper(t string) bool {
	switch t {
	case "*fmt.wrapError", "*fmt.wrapErrors", "*errors.errorString", "*errors.joinError",
		"*errors.withStack", "*errors.withMessage", "*errors.fundamental",
		"*xerrors.wrapError", "*xerrors.noWrapError", "*xerrors.errorString",
		"error", "errors.errorString", "string", "panic",
		"Error", "Exception", "BaseException", "Throwable",
		"java.lang.Throwable", "java.lang.Exception", "java.lang.Error", "java.lang.RuntimeException",
		"RuntimeException", "ExecutionException", "CompletionException", "InvocationTargetException",
		"java.util.concurrent.ExecutionException", "java.util.concurrent.CompletionException",
		"java.lang.reflect.InvocationTargetException", "java.lang.reflect.UndeclaredThrowableException",
		"System.Exception", "System.Reflection.TargetInvocationException":
		return true
	}
	return false
}

func isGroup(t string) bool {
	switch t {
	case "ExceptionGroup", "BaseExceptionGroup", "AggregateError",
		"AggregateException", "System.AggregateException":
		return true
	}
	return false
}
