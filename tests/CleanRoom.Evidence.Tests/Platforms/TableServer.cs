using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CleanRoom.Evidence.Tests.Platforms;

/// <summary>What a service answers to one request.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">The body.</param>
/// <param name="Location">Where a redirect leads.</param>
/// <param name="Headers">More headers.</param>
internal sealed record TableAnswer(int Status, byte[] Body, string? Location = null, IReadOnlyDictionary<string, string>? Headers = null)
{
    public static TableAnswer Json(string json) => new(200, Encoding.UTF8.GetBytes(json));

    public static TableAnswer Bytes(byte[] body, params (string Name, string Value)[] headers) => new(200, body, null, headers.ToDictionary(header => header.Name, header => header.Value));
}

/// <summary>A local HTTP service that answers from a table: method and path with query → answer. What the table does not have is 404, and is remembered.</summary>
internal sealed class TableServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Dictionary<string, Func<string, TableAnswer>> _table = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly List<string> _asked = [];

    public TableServer()
    {
        // A port that was free a moment ago can be taken now: try again.
        for (var attempt = 0; ; attempt++)
        {
            Address = new Uri($"http://localhost:{FreePort()}/");
            _listener.Prefixes.Clear();
            _listener.Prefixes.Add(Address.AbsoluteUri);
            try
            {
                _listener.Start();
                break;
            }
            catch (HttpListenerException) when (attempt < 20)
            {
                // Another port.
            }
        }

        _ = Task.Run(ServeAsync);
    }

    public Uri Address { get; }

    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_gate)
            {
                return [.. _asked];
            }
        }
    }

    public TableServer On(string request, Func<string, TableAnswer> answer)
    {
        lock (_gate)
        {
            _table[request] = answer;
        }

        return this;
    }

    public TableServer On(string request, TableAnswer answer) => On(request, _ => answer);

    public void Dispose() => _listener.Close();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            try
            {
                using var reader = new StreamReader(context.Request.InputStream);
                await AnswerAsync(context, await reader.ReadToEndAsync());
            }
            catch (Exception exception) when (exception is HttpListenerException or IOException or ObjectDisposedException)
            {
                // The client went away.
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context, string body)
    {
        var request = $"{context.Request.HttpMethod} {context.Request.Url!.PathAndQuery}";
        Func<string, TableAnswer>? row;
        lock (_gate)
        {
            _asked.Add(context.Request.Headers["Metadata"] is { } metadata ? $"{request} Metadata: {metadata}" : request);
            row = _table.GetValueOrDefault(request);
        }

        var answer = row?.Invoke(body) ?? new TableAnswer(404, []);
        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers ?? new Dictionary<string, string>())
        {
            context.Response.Headers[name] = value;
        }

        if (answer.Location is { } location)
        {
            context.Response.RedirectLocation = location;
        }

        context.Response.ContentLength64 = answer.Body.Length;
        await context.Response.OutputStream.WriteAsync(answer.Body);
        context.Response.Close();
    }
}
