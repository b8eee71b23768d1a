/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/page.h"

#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/text.h"
#include "wire/pack.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define FILES_MAX 200
#define FILE_MAX (1024 * 1024)
#define TOTAL_MAX (4 * 1024 * 1024)
#define NAME_SIZE 100  /* "lib/rows.js" */
#define DIGEST_SIZE 16 /* bytes of BLAKE2b-256 */
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789._-"
#define MARK "@V@"
#define BELOW "/w/"
#define KEPT "public, max-age=31536000, immutable"
#define POLICY                                                                              \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "         \
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " \
	"require-trusted-types-for 'script'; trusted-types 'none'"
#define PERMISSIONS                                                                       \
	"accelerometer=(), autoplay=(), camera=(), display-capture=(), "                  \
	"geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), " \
	"payment=(), serial=(), usb=(), xr-spatial-tracking=()"

struct page_file {
	char name[NAME_SIZE];
	const char *type;
	char *data; /* NUL-terminated */
	size_t size;
	char *packed; /* gzip; NULL where that is not smaller */
	size_t packed_size;
};

struct page {
	struct page_file files[FILES_MAX];
	size_t count;
	size_t total;
	char digest[2 * DIGEST_SIZE + 1];
};

static const char *const types[][2] = {
	{".html", "text/html; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".webmanifest", "application/manifest+json"},
	{".txt", "text/plain; charset=utf-8"},
};

/* ---- reading ---- */

static const char *type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(types); i++)
		if (strcmp(dot, types[i][0]) == 0)
			return types[i][1];
	return NULL;
}

static bool name_good(const char *name)
{
	return *name != '.' && name[strspn(name, NAME_CHARS)] == '\0';
}

static int refuse(char err[ERR_MAX], const char *directory, const char *name, const char *why)
{
	snprintf(err, ERR_MAX, "%s/%s: %s", directory, name, why);
	return -EINVAL;
}

static int read_whole(int fd, size_t size, char **ret_data)
{
	CLEANUP(cleanup_free) char *data = malloc(size + 1);
	size_t used = 0;

	if (!data)
		return -ENOMEM;
	while (used < size) {
		ssize_t n = read(fd, data + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO; /* it shrank */
		used += (size_t)n;
	}
	data[size] = '\0';
	*ret_data = STEAL(data);
	return 0;
}

/* name is path's last part, in the folder at. */
static int read_file(struct page *page, const char *directory, int at, const char *name,
	const char *path, char err[ERR_MAX])
{
	CLEANUP(cleanup_close)
	int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct page_file *file = &page->files[page->count];
	struct stat st;
	int r;

	if (fd < 0 && errno == ELOOP)
		return 0; /* what a link leads to may be anybody's */
	if (fd < 0 || fstat(fd, &st) < 0)
		return refuse(err, directory, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return 0;
	if (page->count == FILES_MAX)
		return refuse(err, directory, path, "one of more than 200 files; remove some");
	if (st.st_size > FILE_MAX || page->total + (size_t)st.st_size > TOTAL_MAX)
		return refuse(err, directory, path,
			"too large: a file has at most 1 MB, all of them 4 MB; make it smaller");
	r = read_whole(fd, (size_t)st.st_size, &file->data);
	if (r < 0)
		return refuse(err, directory, path, strerror(-r));
	snprintf(file->name, sizeof(file->name), "%s", path);
	file->type = type_of(name);
	file->size = (size_t)st.st_size;
	page->total += file->size;
	page->count++;
	return 0;
}

static void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

/* below: "" or "lib/". Takes fd. */
static int read_folder(
	struct page *page, const char *directory, int fd, const char *below, char err[ERR_MAX])
{
	CLEANUP(close_folder) DIR *folder = fdopendir(fd);
	char path[NAME_SIZE];
	int r = 0;

	if (!folder) {
		close(fd);
		return refuse(err, directory, below, "cannot be read");
	}
	for (struct dirent *e = readdir(folder); e && r == 0; e = readdir(folder)) {
		int inner;

		if (!name_good(e->d_name) || strlen(below) + strlen(e->d_name) + 2 > NAME_SIZE)
			continue;
		strcpy(path, below);
		strcat(path, e->d_name);
		if (type_of(e->d_name)) {
			r = read_file(page, directory, fd, e->d_name, path, err);
			continue;
		}
		inner = *below ? -1
			       : openat(fd, e->d_name,
					 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inner >= 0)
			r = read_folder(page, directory, inner, strcat(path, "/"), err);
	}
	return r;
}

/* ---- what it becomes ---- */

static int by_name(const void *a, const void *b)
{
	const struct page_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Of names, sizes and contents, in the order of the names. */
static int digest(struct page *page)
{
	CLEANUP(cleanup_free)
	struct entry_part *parts = calloc(3 * page->count + 1, sizeof(*parts));
	uint8_t hash[ENTRY_HASH_SIZE];

	if (!parts)
		return -ENOMEM;
	for (size_t i = 0; i < page->count; i++) {
		struct page_file *f = &page->files[i];

		parts[3 * i] = (struct entry_part){f->name, sizeof(f->name)};
		parts[3 * i + 1] = (struct entry_part){&f->size, sizeof(f->size)};
		parts[3 * i + 2] = (struct entry_part){f->data, f->size};
	}
	crypto_hash256(parts, 3 * page->count, hash);
	text_hex(hash, DIGEST_SIZE, page->digest);
	return 0;
}

/* Writes "/w/DIGEST" in each place of MARK. */
static int mark(const struct page *page, struct page_file *file)
{
	char value[sizeof(BELOW) + 2 * DIGEST_SIZE], *out, *to;
	size_t marks = 0, size;
	const char *from = file->data;

	snprintf(value, sizeof(value), BELOW "%s", page->digest);
	size = strlen(value);
	for (const char *at = from; (at = strstr(at, MARK)); at += strlen(MARK))
		marks++;
	out = to = malloc(file->size + marks * size + 1);
	if (!out)
		return -ENOMEM;
	for (const char *at; (at = strstr(from, MARK)); from = at + strlen(MARK)) {
		to = mempcpy(to, from, (size_t)(at - from));
		to = mempcpy(to, value, size);
	}
	strcpy(to, from);
	free(file->data);
	file->data = out;
	file->size = strlen(out);
	return 0;
}

static int pack(struct page_file *file)
{
	int r = pack_gzip(file->data, file->size, 9, &file->packed, &file->packed_size);

	if (r == 0 && file->packed_size >= file->size) {
		free(file->packed);
		file->packed = NULL;
	}
	return r;
}

static struct page_file *find(struct page *page, const char *name)
{
	for (size_t i = 0; i < page->count; i++)
		if (strcmp(page->files[i].name, name) == 0)
			return &page->files[i];
	return NULL;
}

static int finish(struct page *page, const char *directory, char err[ERR_MAX])
{
	struct page_file *index;
	int r;

	qsort(page->files, page->count, sizeof(*page->files), by_name);
	index = find(page, "index.html");
	if (!index) {
		refuse(err, directory, "index.html", "is missing: there is no page");
		return -ENOENT;
	}
	if (strlen(index->data) != index->size)
		return refuse(err, directory, "index.html", "holds a NUL: write it anew");
	r = digest(page);
	if (r == 0)
		r = mark(page, index);
	for (size_t i = 0; i < page->count && r == 0; i++)
		r = pack(&page->files[i]);
	return r < 0 ? refuse(err, directory, "index.html", strerror(-r)) : 0;
}

static int load(const char *directory, struct page **ret_page, char err[ERR_MAX])
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	struct page *page;

	if (fd < 0) {
		r = -errno;
		snprintf(err, ERR_MAX, "%s: %s; set [hub] web to where the page's files are",
			directory, strerror(errno));
		return r;
	}
	page = calloc(1, sizeof(*page));
	if (!page) {
		close(fd);
		return -ENOMEM;
	}
	r = read_folder(page, directory, fd, "", err);
	if (r == 0)
		r = finish(page, directory, err);
	if (r < 0)
		page_free(page);
	else
		*ret_page = page;
	return r;
}

struct page *page_free(struct page *page)
{
	for (size_t i = 0; page && i < page->count; i++) {
		free(page->files[i].data);
		free(page->files[i].packed);
	}
	free(page);
	return NULL;
}

static void describe(const struct page *page, char *out, size_t size)
{
	size_t sent = 0;

	for (size_t i = 0; i < page->count; i++)
		sent += page->files[i].packed ? page->files[i].packed_size : page->files[i].size;
	snprintf(out, size, "%zu files, %zu kB compressed", page->count, (sent + 999) / 1000);
}

struct page *page_open(const char *directory)
{
	struct page *page = NULL;
	char text[ERR_MAX] = "";
	int r = load(directory, &page, text);

	if (r < 0) {
		log_warning("page: none: %s", *text ? text : strerror(-r));
		return NULL;
	}
	describe(page, text, sizeof(text));
	log_info("page: %s, %s", directory, text);
	return page;
}

/* ---- answering ---- */

bool page_owns(const char *path)
{
	return strcmp(path, "/") == 0 || strcmp(path, "/index.html") == 0 ||
	       strncmp(path, BELOW, strlen(BELOW)) == 0;
}

/* The file of a path; index.html has no other than its own. */
static const struct page_file *file_of(struct page *page, const char *path)
{
	const size_t size = strlen(page->digest);

	if (strncmp(path, BELOW, strlen(BELOW)) != 0)
		return find(page, "index.html");
	path += strlen(BELOW);
	if (strncmp(path, page->digest, size) != 0 || path[size] != '/' ||
		strcmp(path + size + 1, "index.html") == 0)
		return NULL;
	return find(page, path + size + 1);
}

static void send_file(const struct page *page, const struct page_file *file, bool is_index,
	struct http_request *request)
{
	const char *has = http_header(request, "If-None-Match");
	bool packed = file->packed && pack_accepted(http_header(request, "Accept-Encoding"));
	char tag[sizeof(page->digest) + 10];
	bool same;

	/* another representation has another tag */
	snprintf(tag, sizeof(tag), "\"%s%s\"", page->digest, packed ? "-gzip" : "");
	same = has && (strstr(has, tag) || strcmp(has, "*") == 0);
	http_add_header(request, "ETag", tag);
	http_add_header(request, "Vary", "Accept-Encoding");
	http_add_header(request, "Cache-Control", is_index ? "no-cache" : KEPT);
	if (packed)
		http_add_header(request, "Content-Encoding", "gzip");
	if (strncmp(file->type, "text/html", 9) == 0) {
		http_add_header(request, "Content-Security-Policy", POLICY);
		http_add_header(request, "Cross-Origin-Opener-Policy", "same-origin");
		http_add_header(request, "Permissions-Policy", PERMISSIONS);
	}
	/* with 304 the body is not sent; its length is that of what would be */
	http_respond(request, same ? 304 : 200, file->type, packed ? file->packed : file->data,
		packed ? file->packed_size : file->size);
}

void page_answer(struct page *page, struct http_request *request)
{
	const char *method = http_method(request), *path = http_path(request);
	const struct page_file *file;

	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		http_add_header(request, "Allow", "GET, HEAD");
		http_problem(request, 405, "method", "Not with this method",
			"the page is only for reading: GET or HEAD", NULL);
		return;
	}
	file = page ? file_of(page, path) : NULL;
	if (file)
		send_file(page, file, strncmp(path, BELOW, strlen(BELOW)) != 0, request);
	else
		http_problem(request, 404, "path", "No such path",
			page ? "the page has no such file, or is another now: load it again"
			     : "no page is installed here: set [hub] web; the API is below /api/v1",
			NULL);
}
