// Package redact takes secrets out of text and JSON before anything else sees
// them: before the fingerprint is computed, a row is written, a line is logged.
//
// # What must stay true
//
//   - Whole strings only. Half a token is not recognised and is still half a
//     token, so callers redact first and Shorten afterwards.
//   - Closed on failure. A private key or a quoted value without an end goes to
//     the end of the text; a string that no longer fits the budget goes whole; a
//     text that does not settle after a few passes goes whole.
//   - Redacting twice is redacting once. Every string is scanned again after a
//     change until a pass changes nothing, so the property holds by construction.
//   - Linear, whatever comes in. A rule that looks ahead takes what it looked at,
//     or looks at a bounded piece, or remembers how far it looked. There are no
//     regular expressions.
//   - Never the value. A finding is a path, a kind and a count.
//   - The result is valid UTF-8 without NUL; JSON stays JSON of the same shape.
//
// # How it finds things
//
// The scanner (scan.go) walks over a string once, word by word, and asks three
// questions. What does the word begin with? Provider prefixes (provider.go), JSON
// web tokens, PEM, cards (forms.go), text in base64 (encoded.go). What stands
// behind it? An operator makes it a key (assign.go, value.go), a blank may make it a flag, a
// scheme or a noun in a sentence (spaced.go, header.go). And which byte of
// punctuation is this? "://" begins a URL (url.go), "%" and "\" an encoded run.
//
// A key's name (names.go) is innocent, suspicious or condemned. Under a condemned
// name the value goes whatever its shape; under a suspicious one, such as "key" or
// "auth", it goes if it reads like generated text (shape.go). Values that say
// there is no secret (null, stars) or where it comes from (${VAR}, a call) stay in
// free text, and so do the words of sentences about secrets: "token expired".
// Identifiers that are only hex, UUID or ULID stay unless a name condemns them.
// Names in other languages are in foreign.go; calls, tables, lists of columns and
// the short flags of known commands in calls.go.
//
// JSON (json.go) is read token by token, strings are decoded before they are
// judged, and neighbours are known (pairs.go): header pairs, name and value, argv.
//
// # What it is not
//
// It does not guess from entropy alone: a random word without a name, a prefix or
// a structure stays, for logs are full of those. E-mail addresses and IP addresses
// are data about people, not secrets, and stay too. A secret that is spelled one
// letter a line, or encoded twice, gets through.
//
// Read mark.go next, then scan.go. The corpora that hold the rules to their score
// are in corpus_test.go and benign_test.go, hostile input in bench_test.go.
package redact
