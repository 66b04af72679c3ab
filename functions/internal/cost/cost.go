// Package cost is what a month of Rynda costs on AWS: arithmetic over list
// prices, for people who choose between the three ways to be live.
//
// It changes when a price does or when a part of the deployment does. Prices are
// those of US East, without taxes, discounts and free tiers that end, as far as
// they could be read when this was written; each says where it is from. It
// leaves out what an account pays anyway.
package cost

import (
	"fmt"
	"math"
	"slices"
)

// The prices, in dollars. Read means out of the vendor's list; the others are
// from general knowledge and are to be checked before they are quoted.
const (
	fargateCPU      = 0.03238      // an hour of a vCPU, arm; read
	fargateGB       = 0.00356      // an hour of a GB, arm; read
	lambdaGBSecond  = 0.0000133334 // arm
	lambdaRequest   = 0.20e-6
	balancer        = 0.0225 // an hour
	balancerUnit    = 0.008  // an hour of a unit: 3,000 open connections
	address         = 0.005  // an hour of a public IPv4 address
	frontRequest    = 1.00e-6
	frontFree       = 10e6   // requests a month
	databaseHour    = 0.032  // t4g.small, one zone
	databaseGB      = 0.115  // a month of a GB of its disk
	databaseSmallGB = 20     // the least disk
	endpoint        = 0.01   // an hour, for the secrets
	secret          = 0.40   // a month
	logGB           = 0.50   // taken in
	outGB           = 0.09   // to the internet
	outFreeGB       = 100    // a month
	hours           = 730.0  // of a month
	connectionsUnit = 3000.0 // of a unit of the balancer
)

// What Rynda needs, measured here unless it says otherwise.
const (
	relayMB       = 128    // memory of the function relay, as the manifest has it
	sessionS      = 55.0   // of one stream of it
	functionMB    = 256    // memory of the other functions
	pollMS        = 5.0    // a poll that finds nothing, in the emulator
	reportMS      = 18.0   // a request with reports, its fold included, in the emulator
	logBytes      = 300.0  // that Lambda writes itself about an invocation
	storedKB      = 3.0    // an occurrence with its index
	frameBytes    = 1000.0 // an event as it is sent
	perSmallTask  = 5000   // connections of a task of 0.25 vCPU and 0.5 GB
	perTask       = 10000  // of one of 0.5 vCPU and 1 GB
	mostFunctions = 1000   // functions at once, of an account as it is given; not measured
)

// Relay is the way to be live, as infra/aws names it.
type Relay string

// The three ways: a process, a function, and polling.
const (
	Fargate Relay = "fargate"
	Lambda  Relay = "lambda"
	None    Relay = "none"
)

// Relays are all ways, in the order they are shown in.
var Relays = []Relay{Fargate, Lambda, None}

// Load is a month.
type Load struct {
	Staff  float64 // people who have a page open
	Hours  float64 // for each of them; 176 is 22 days of 8 hours
	Errors float64 // reports
	Batch  float64 // of them in one request
	Keep   float64 // days that their text is kept
	Poll   float64 // seconds between two polls, where there is no relay
	Alerts float64 // events that each person is sent, a day of 24
}

// Usual fills in what is zero.
func (l Load) Usual() Load {
	for field, usual := range map[*float64]float64{&l.Hours: 176, &l.Batch: 1, &l.Keep: 30, &l.Poll: 2, &l.Alerts: 100} {
		if *field == 0 {
			*field = usual
		}
	}
	return l
}

// Check says what cannot be, by the names of the flags.
func (l Load) Check() error {
	for name, v := range map[string]float64{"staff": l.Staff, "errors": l.Errors, "hours": l.Hours, "batch": l.Batch, "keep": l.Keep, "poll": l.Poll} {
		if math.IsNaN(v) || v < 0 || v > 1e12 {
			return fmt.Errorf("-%s must be a number from 0 to 1e12", name)
		}
	}
	switch {
	case l.Hours > 744:
		return fmt.Errorf("-hours: a month has at most 744")
	case l.Batch < 1 || l.Batch > 500:
		return fmt.Errorf("-batch must be from 1 to 500, as the API takes them")
	case l.Poll < 1:
		return fmt.Errorf("-poll must be at least 1 second")
	}
	return nil
}

// Part is why a line is on the bill.
type Part string

// A line is there whatever happens, for those who look, or for what is reported.
const (
	Floor  Part = "floor"
	Staff  Part = "staff"
	Errors Part = "errors"
)

// Line is one line of the bill, in dollars a month.
type Line struct {
	Name    string
	Part    Part
	Dollars map[Relay]float64
}

// Bill is a month.
type Bill struct {
	Lines []Line
	Notes []string // what does not fit
}

// Of sums the lines of the parts, or of all.
func (b Bill) Of(relay Relay, parts ...Part) (dollars float64) {
	for _, line := range b.Lines {
		if len(parts) == 0 || slices.Contains(parts, line.Part) {
			dollars += line.Dollars[relay]
		}
	}
	return dollars
}

// Month is the bill of a load.
func Month(l Load) Bill {
	open := l.Staff * l.Hours * secondsInHour // seconds of connections
	polls, sessions := open/l.Poll, open/sessionS
	posts := math.Ceil(l.Errors / l.Batch)
	front := func(n float64) float64 { return math.Max(n-frontFree, 0) * frontRequest }
	sent := math.Max(l.Staff*l.Alerts*l.Hours/24*frameBytes/1e9-outFreeGB, 0) * outGB
	disk := math.Max(l.Errors*storedKB/1e6*l.Keep/30-databaseSmallGB, 0) * databaseGB

	var b Bill
	add := func(part Part, name string, fargate, lambda, none float64) {
		b.Lines = append(b.Lines, Line{name, part, map[Relay]float64{Fargate: fargate, Lambda: lambda, None: none}})
	}
	same := func(part Part, name string, v float64) { add(part, name, v, v, v) }
	same(Floor, "database, t4g.small in one zone", databaseHour*hours)
	same(Floor, "its disk of 20 GB", databaseSmallGB*databaseGB)
	same(Floor, "secrets and the way to them", endpoint*hours+2*secret)
	add(Staff, "relay: tasks, balancer, addresses", relayBase(l.Staff), 0, 0)
	add(Staff, "open streams", open/secondsInHour/connectionsUnit*balancerUnit, open*lambdaSecond+sessions*lambdaRequest, 0)
	add(Staff, "polls", 0, 0, invocations(polls, pollMS))
	add(Staff, "events sent", sent, sent, sent)
	add(Staff, "requests at the front", 0, front(sessions), front(polls))
	same(Errors, "reports", invocations(posts, reportMS))
	after := func(others float64) float64 { return front(others+posts) - front(others) }
	add(Errors, "their requests at the front", after(0), after(sessions), after(polls))
	same(Errors, "disk beyond 20 GB", disk)

	if l.Staff > mostFunctions {
		b.Notes = append(b.Notes, fmt.Sprintf("%.0f streams at once are more functions than an account has by default (%d), and as many connections to the database: not relay = lambda.", l.Staff, mostFunctions))
	}
	if rate := l.Errors / l.Batch / hours / secondsInHour; rate > 100 {
		b.Notes = append(b.Notes, fmt.Sprintf("%.0f requests with reports a second, on average: send batches, and take a larger database than a t4g.small.", rate))
	}
	return b
}

// Even is from how many people on, each with a page open for that many hours a
// month, a relay that is a process costs less than the function.
func Even(hoursEach float64) float64 {
	return math.Ceil(relayBase(0) / (secondsInHour * lambdaSecond) / hoursEach)
}

const (
	secondsInHour = 3600.0
	lambdaSecond  = relayMB / 1024.0 * lambdaGBSecond // of an open stream
)

// invocations is what n of a function cost that take that long each.
func invocations(n, ms float64) float64 {
	return n * (lambdaRequest + ms/1000*functionMB/1024*lambdaGBSecond + logBytes/1e9*logGB)
}

// relayBase is two tasks in two zones, or as many larger ones as the connections
// need, with their balancer.
func relayBase(staff float64) float64 {
	tasks := 2 * (0.25*fargateCPU + 0.5*fargateGB)
	if staff > 2*perSmallTask {
		tasks = math.Ceil(staff/perTask) * (0.5*fargateCPU + fargateGB)
	}
	return (tasks + balancer + 2*address) * hours
}
