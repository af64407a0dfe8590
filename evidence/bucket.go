package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Bucket says where files are kept in a store that speaks S3.
type Bucket struct {
	Endpoint string        // https://host:port; http only for a store in the own network
	Name     string        // of the bucket, which exists
	Prefix   string        // what all names in it begin with, without slashes at its ends; empty for none
	Region   string        // empty: us-east-1
	Host     bool          // the bucket is part of the host's name, as some public stores want it; else of the path
	Timeout  time.Duration // how long one file may take; 0: a minute
	Key      string        // who the program is to the store
	Secret   string
}

// ParseBucket reads s3://bucket/prefix?endpoint=https://host&region=…&style=host&timeout=60s. Key and secret are never part of it.
func ParseBucket(address string) (Bucket, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" || u.Host == "" {
		return Bucket{}, fmt.Errorf("“%s”不是文件存储的地址，请写成 s3://桶/前缀?endpoint=https://主机:端口", address)
	}
	if u.User != nil {
		return Bucket{}, errors.New("文件存储的地址里不能写密钥，请用环境变量 BIHUAN_S3_KEY 和 BIHUAN_S3_SECRET")
	}
	b := Bucket{Name: u.Host, Prefix: strings.Trim(u.Path, "/")}
	for name, values := range u.Query() {
		value := values[0]
		switch name {
		case "endpoint":
			b.Endpoint = value
		case "region":
			b.Region = value
		case "style":
			if value != "host" && value != "path" {
				return Bucket{}, fmt.Errorf("文件存储地址里 style=%s 不对，只能是 path 或 host", value)
			}
			b.Host = value == "host"
		case "timeout":
			if b.Timeout, err = time.ParseDuration(value); err != nil || b.Timeout <= 0 {
				return Bucket{}, fmt.Errorf("文件存储地址里 timeout=%s 不对，请写成 60s 这样", value)
			}
		default:
			return Bucket{}, fmt.Errorf("文件存储地址里有不认识的 %s，能写的有 endpoint、region、style、timeout", name)
		}
	}
	if e, err := url.Parse(b.Endpoint); err != nil || e.Scheme != "https" && e.Scheme != "http" || e.Host == "" || e.User != nil {
		return Bucket{}, errors.New("文件存储地址里要写明 endpoint=https://主机:端口")
	}
	return b, nil
}

// bucket is the place in a store that speaks S3.
type bucket struct {
	at   Bucket
	core minio.Core
}

// openBucket connects to the store and looks whether the bucket is there and may be used.
func openBucket(ctx context.Context, at Bucket) (*bucket, error) {
	if at.Key == "" || at.Secret == "" {
		return nil, Unavailable{What: "没有文件存储的密钥，请设置环境变量 BIHUAN_S3_KEY 和 BIHUAN_S3_SECRET"}
	}
	if at.Timeout == 0 {
		at.Timeout = time.Minute
	}
	if at.Region == "" {
		at.Region = "us-east-1" // what stores take that have no regions; it also saves asking for one
	}
	endpoint, err := url.Parse(at.Endpoint)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: min(at.Timeout, 10*time.Second)}).DialContext
	transport.DisableCompression = true // what is stored is what is hashed
	style := minio.BucketLookupPath
	if at.Host {
		style = minio.BucketLookupDNS
	}
	client, err := minio.New(endpoint.Host, &minio.Options{Creds: credentials.NewStaticV4(at.Key, at.Secret, ""), Secure: endpoint.Scheme == "https",
		Region: at.Region, BucketLookup: style, Transport: transport, MaxRetries: 3})
	if err != nil {
		return nil, err
	}
	b := &bucket{at: at, core: minio.Core{Client: client}}
	within, stop := context.WithTimeout(ctx, at.Timeout)
	defer stop()
	for x := range client.ListObjectsIter(within, at.Name, minio.ListObjectsOptions{Prefix: b.key(""), MaxKeys: 1}) {
		return b, b.trouble(ctx, x.Err)
	}
	return b, nil
}

// key is the name of an object.
func (b *bucket) key(name string) string {
	if b.at.Prefix == "" {
		return name
	}
	return b.at.Prefix + "/" + name
}

// put sends the SHA-256 with the content: a store that got something else refuses it, and one that did not get all of it keeps nothing.
func (b *bucket) put(ctx context.Context, name string, content io.ReadSeeker, size int64, sum string) error {
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	within, stop := context.WithTimeout(ctx, b.at.Timeout)
	defer stop()
	_, err := b.core.PutObject(within, b.at.Name, b.key(name), content, size, "", sum,
		minio.PutObjectOptions{ContentType: "application/octet-stream", DisableContentSha256: true}) // the sum is there already
	return b.trouble(ctx, err)
}

func (b *bucket) open(ctx context.Context, name string) (io.ReadCloser, error) {
	within, stop := context.WithTimeout(ctx, b.at.Timeout)
	r, _, _, err := b.core.GetObject(within, b.at.Name, b.key(name), minio.GetObjectOptions{})
	if err != nil {
		stop()
		return nil, b.trouble(ctx, err)
	}
	return &object{r: r, b: b, ctx: ctx, stop: stop}, nil
}

// object is the stream of an object under the limit of time.
type object struct {
	r    io.ReadCloser
	b    *bucket
	ctx  context.Context // of the one who reads
	stop func()
}

func (o *object) Read(p []byte) (int, error) {
	n, err := o.r.Read(p)
	if err != nil && err != io.EOF {
		err = o.b.trouble(o.ctx, err)
	}
	return n, err
}

func (o *object) Close() error {
	o.stop()
	return o.r.Close()
}

// move copies within the store and then removes; a stop in between leaves both. The copy is written now, whatever at says.
func (b *bucket) move(ctx context.Context, from, to string, _ time.Time) error {
	within, stop := context.WithTimeout(ctx, b.at.Timeout)
	defer stop()
	_, err := b.core.Client.CopyObject(within, minio.CopyDestOptions{Bucket: b.at.Name, Object: b.key(to)},
		minio.CopySrcOptions{Bucket: b.at.Name, Object: b.key(from)})
	if err != nil {
		return b.trouble(ctx, err)
	}
	return b.remove(ctx, from)
}

func (b *bucket) remove(ctx context.Context, name string) error {
	within, stop := context.WithTimeout(ctx, b.at.Timeout)
	defer stop()
	err := b.trouble(ctx, b.core.RemoveObject(within, b.at.Name, b.key(name), minio.RemoveObjectOptions{}))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// erase removes all versions of an object too, where the bucket keeps them.
func (b *bucket) erase(ctx context.Context, name string) error {
	if err := b.remove(ctx, name); err != nil {
		return err
	}
	within, stop := context.WithTimeout(ctx, b.at.Timeout)
	defer stop()
	for x := range b.core.ListObjectsIter(within, b.at.Name, minio.ListObjectsOptions{Prefix: b.key(name), Recursive: true, WithVersions: true}) {
		if code := minio.ToErrorResponse(x.Err).Code; code == "NotImplemented" || code == "MethodNotAllowed" {
			return nil // a store without versions
		}
		if x.Err != nil {
			return b.trouble(ctx, x.Err)
		}
		if x.Key != b.key(name) {
			continue
		}
		err := b.core.RemoveObject(within, b.at.Name, x.Key, minio.RemoveObjectOptions{VersionID: x.VersionID})
		if err := b.trouble(ctx, err); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return ctx.Err()
}

// walk asks for the names a page at a time.
func (b *bucket) walk(ctx context.Context, folder string, fn func(held) error) error {
	listing, stop := context.WithCancel(ctx)
	defer stop()
	skip := len(b.key(""))
	for x := range b.core.ListObjectsIter(listing, b.at.Name, minio.ListObjectsOptions{Prefix: b.key(folder) + "/", Recursive: true}) {
		if x.Err != nil {
			return b.trouble(ctx, x.Err)
		}
		if err := fn(held{name: path.Clean(x.Key[skip:]), size: x.Size, written: x.LastModified}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Unavailable is the error of a store that cannot be used. What says in Chinese what is wrong and what the one who operates the
// program has to do; it names no secret.
type Unavailable struct {
	What string
	Err  error // what the store or the network said; may be nil
}

func (u Unavailable) Error() string {
	if u.Err == nil {
		return u.What
	}
	return u.What + "（" + u.Err.Error() + "）"
}

// Unwrap returns what the store or the network said.
func (u Unavailable) Unwrap() error { return u.Err }

// trouble says what an error of the store means. ctx is that of the caller: what they gave up themselves is no trouble of the store.
func (b *bucket) trouble(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) {
		return Unavailable{What: fmt.Sprintf("连不上文件存储 %s，或它 %v 内没有答完。请检查网络和文件存储服务", b.at.Endpoint, b.at.Timeout), Err: err}
	}
	switch answer.Code {
	case "NoSuchKey":
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	case "NoSuchBucket":
		return Unavailable{What: fmt.Sprintf("文件存储里没有名为“%s”的桶，请先建好，或改正 --files", b.at.Name), Err: err}
	case "InvalidAccessKeyId", "SignatureDoesNotMatch":
		return Unavailable{What: "文件存储不认这对密钥，请核对环境变量 BIHUAN_S3_KEY 和 BIHUAN_S3_SECRET", Err: err}
	case "AccessDenied", "AllAccessDisabled":
		return Unavailable{What: fmt.Sprintf("这对密钥没有读写桶“%s”的权限，请在文件存储里授权", b.at.Name), Err: err}
	case "RequestTimeTooSkewed":
		return Unavailable{What: "本机时钟和文件存储的时钟相差太多，请先对时", Err: err}
	case "QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientCapacity":
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return Unavailable{What: fmt.Sprintf("文件存储 %s 出错了，请查看它的日志", b.at.Endpoint), Err: err}
}
