// The function relay streams events, for as long as a session may last.
package main

import "rynda/functions/internal/function"

func main() { function.Serve("relay") }
