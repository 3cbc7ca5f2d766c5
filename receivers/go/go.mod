module github.com/kayle-id/webhooks/receivers/go

go 1.19
