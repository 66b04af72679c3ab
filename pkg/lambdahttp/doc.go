// Package lambdahttp stands between an http.Handler and AWS Lambda's HTTP
// events (payload format 2.0, which Function URLs and HTTP APIs share), in both
// directions: as the adapter inside a function, and as the front that turns
// requests into events for the emulator.
//
// Inside a function, [Buffered] answers in one piece of at most 6 MB and
// [Streaming] passes on what the handler writes as it writes it. Which of them
// is right depends on how the address of the function was made: a streamed
// answer behind a buffered address shows its prelude to the caller, so the
// manifest of the functions says it once, for Terraform and for the code.
//
// What must stay true, whichever way: a handler cannot tell from the request
// that it did not come through net/http. Cookies are there although they travel
// beside the headers, a body has its length although it travelled as base64, the
// address of the caller has a port, a flush and a write deadline work, HEAD has
// no body, and a panic is an answer of 500 and not an empty 200. The adapter of
// the SDK (lambdaurl) gives none of these.
//
// A function does nothing after its answer: the environment may be frozen in
// that instant. [Streaming] therefore ends the body only when the handler has
// returned, and a body that is closed early ends the handler's context and waits
// for it.
//
// The front ([NewEvent], [WriteAnswer], [WriteStream]) does the opposite and is
// held to the adapter by a property test: what goes in at one end comes out at
// the other. Read the emulator package next.
package lambdahttp
