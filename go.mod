module github.com/portside/portside

go 1.26.0
