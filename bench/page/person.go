package page

import (
	"context"
	"fmt"
	"time"
)

// person uses the page by mouse and keyboard, with the pauses that people make.
type person struct {
	tab *tab
	// pause between two things that are done; between keys it is a third.
	pause time.Duration
}

// use does the same things over and over until the time is over. Each round
// ends as it began: nothing more selected, nothing open, the pointer outside and
// the list at its top.
func (p *person) use(ctx context.Context, d time.Duration) error {
	for end := time.Now().Add(d); time.Now().Before(end); {
		for _, do := range []func(context.Context) error{p.filters, p.types, p.selects, p.scrolls} {
			if err := do(ctx); err != nil {
				return fmt.Errorf("the person: %w", err)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

// filters opens the menus and closes them again.
func (p *person) filters(ctx context.Context) error {
	for n := range 3 {
		if err := p.click(ctx, fmt.Sprintf(`document.querySelectorAll('[role=search] [aria-haspopup=menu]')[%d]`, n)); err != nil {
			return err
		}
		if err := p.keys(ctx, "ArrowDown", "ArrowDown", "Escape"); err != nil {
			return err
		}
	}
	return nil
}

// types writes into the form of a filter that it does not add in the end.
func (p *person) types(ctx context.Context) error {
	if err := p.click(ctx, `document.querySelector('[role=search] [aria-haspopup=dialog]')`); err != nil {
		return err
	}
	if err := p.click(ctx, `document.querySelector('[role=dialog] input')`); err != nil {
		return err
	}
	if err := p.keys(ctx, "b", "i", "l", "l", "i", "n", "g"); err != nil {
		return err
	}
	return p.keys(ctx, "Backspace", "Backspace", "Backspace", "Backspace", "Backspace", "Backspace", "Backspace", "Escape")
}

// selects picks rows by mouse and keyboard, and lets go of them.
func (p *person) selects(ctx context.Context) error {
	let, err := p.pick(ctx, 3)
	if err != nil {
		return err
	}
	if err := p.keys(ctx, "j", "j", "j", "k", "x", "x"); err != nil {
		return err
	}
	if err := let(ctx); err != nil {
		return err
	}
	// The focus must leave the list too, or it would not go on: beside it, over
	// the alerts, is nothing.
	return p.press(ctx, 1200, 150)
}

// pick selects the nth row of those that are not; what it returns lets go of it.
func (p *person) pick(ctx context.Context, nth int) (let func(context.Context) error, err error) {
	var id string
	err = p.tab.value(ctx, fmt.Sprintf(`document.querySelectorAll('[id^=row-] input:not(:checked)')[%d].closest('[role=row]').id`, nth), &id)
	if err != nil {
		return nil, err
	}
	box := fmt.Sprintf(`document.querySelector('#%s input')`, id)
	return func(ctx context.Context) error { return p.click(ctx, box) }, p.click(ctx, box)
}

// scrolls looks further down, comes back, and waits for what is new.
func (p *person) scrolls(ctx context.Context) error {
	for _, by := range []int{700, 700, -2000} {
		params := object{"type": "mouseWheel", "x": 400, "y": 600, "deltaX": 0, "deltaY": by}
		if err := p.tab.call(ctx, "Input.dispatchMouseEvent", params, nil); err != nil {
			return err
		}
		pause(ctx, p.pause)
	}
	if err := p.tab.call(ctx, "Input.dispatchMouseEvent", object{"type": "mouseMoved", "x": 600, "y": 12}, nil); err != nil {
		return err
	}
	pause(ctx, 6*p.pause)
	return nil
}

// click presses the middle of what the expression finds.
func (p *person) click(ctx context.Context, expression string) error {
	var at *[2]float64
	if err := p.tab.value(ctx, `(() => {
		const box = (`+expression+`)?.getBoundingClientRect();
		return box ? [box.x + Math.min(box.width, 60) / 2, box.y + box.height / 2] : null;
	})()`, &at); err != nil {
		return err
	}
	if at == nil {
		return fmt.Errorf("nothing to click: %s", expression)
	}
	return p.press(ctx, at[0], at[1])
}

// press presses the mouse at a place in the window.
func (p *person) press(ctx context.Context, x, y float64) error {
	for _, kind := range []string{"mouseMoved", "mousePressed", "mouseReleased"} {
		params := object{"type": kind, "x": x, "y": y}
		if kind != "mouseMoved" {
			params["button"], params["clickCount"] = "left", 1
		}
		if err := p.tab.call(ctx, "Input.dispatchMouseEvent", params, nil); err != nil {
			return err
		}
	}
	pause(ctx, p.pause)
	return nil
}

var keyCodes = map[string]int{"Backspace": 8, "Escape": 27, "ArrowDown": 40}

// keys presses the keys one after the other; one letter is that letter.
func (p *person) keys(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		down, up := object{"type": "keyDown", "key": key}, object{"type": "keyUp", "key": key}
		if code, named := keyCodes[key]; named {
			down["windowsVirtualKeyCode"], up["windowsVirtualKeyCode"] = code, code
			down["code"], up["code"] = key, key
		} else {
			down["text"] = key
			down["windowsVirtualKeyCode"], up["windowsVirtualKeyCode"] = int(key[0])-32, int(key[0])-32
		}
		for _, event := range []object{down, up} {
			if err := p.tab.call(ctx, "Input.dispatchKeyEvent", event, nil); err != nil {
				return err
			}
		}
		pause(ctx, p.pause/3)
	}
	return nil
}
