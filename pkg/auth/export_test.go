package auth

// For fuzz tests, which cannot set up a world for each try.
var (
	LocalPath  = localPath
	ParseKeys  = parseKeys
	TicketForm = ticketForm
)
