using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace CleanRoom.Notification.Page;

/// <summary>The built page, read into memory at the start: nothing that is laid into the folder later, and no path, reaches the disk.</summary>
internal sealed class PageFiles
{
    /// <summary>The file that is served at the root.</summary>
    public const string Start = "index.html";

    private const string Compressed = ".br";
    private const long MaximumFile = 8 << 20;

    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".json"] = "application/json",
        [".txt"] = "text/plain; charset=utf-8",
    }.ToFrozenDictionary();

    private readonly FrozenDictionary<string, Content> _files;

    public PageFiles(IOptions<PageOptions> options)
    {
        var folder = options.Value.Folder;
        _files = string.IsNullOrEmpty(folder)
            ? FrozenDictionary<string, Content>.Empty
            : Directory.EnumerateFiles(folder)
                .Where(path => Types.ContainsKey(Path.GetExtension(path)) && new FileInfo(path).Length <= MaximumFile)
                .ToFrozenDictionary(path => "/" + Path.GetFileName(path), Read, StringComparer.Ordinal);
    }

    private sealed record Content(string Type, byte[] Bytes, byte[]? Small);

    /// <summary>Answers a request for a file.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value is "/" or null ? "/" + Start : context.Request.Path.Value;
        if (!_files.TryGetValue(path, out var file))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        // All names but the first carry the hash of their content.
        context.Response.Headers.CacheControl = path == "/" + Start ? "no-cache" : "public, max-age=31536000, immutable";
        context.Response.ContentType = file.Type;
        var bytes = file.Bytes;
        if (file.Small is { } small && Accepts(context.Request))
        {
            context.Response.Headers.ContentEncoding = "br";
            bytes = small;
        }

        context.Response.Headers.Vary = HeaderNames.AcceptEncoding;
        context.Response.ContentLength = bytes.Length;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        }
    }

    private static bool Accepts(HttpRequest request) => request.Headers.AcceptEncoding.ToString().Split(',').Any(static word => word.Trim() == "br");

    private static Content Read(string path) => new(
        Types[Path.GetExtension(path)], File.ReadAllBytes(path), File.Exists(path + Compressed) ? File.ReadAllBytes(path + Compressed) : null);
}
