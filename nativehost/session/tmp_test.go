package session

import "time"

const refusalDelay = time.Second
