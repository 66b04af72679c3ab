// The function feed answers every question, and gives out the page.
package main

import "rynda/functions/internal/function"

func main() { function.Serve("feed") }
