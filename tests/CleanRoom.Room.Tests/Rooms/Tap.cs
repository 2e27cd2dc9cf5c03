using System.Collections.Concurrent;
using System.Text;
using CleanRoom.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CleanRoom.Room.Tests.Rooms;

/// <summary>One call at a service, as it came out of TLS: what an operator sees that taps its own process.</summary>
internal sealed class Exchange(string service, string method, string peer)
{
    public string Service { get; } = service;

    /// <summary>/package.Service/Method.</summary>
    public string Method { get; } = method;

    /// <summary>Key id of the caller's TLS key; empty for none.</summary>
    public string Peer { get; } = peer;

    public ByteLog Request { get; } = new();

    public ByteLog Response { get; } = new();

    public StringBuilder Headers { get; } = new();

    public byte[] RequestBytes => Request.ToArray();

    public byte[] ResponseBytes => Response.ToArray();

    /// <summary>The messages of a body: gRPC's frames without their five bytes.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Messages(byte[] body)
    {
        for (var at = 0; at + 5 <= body.Length;)
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at + 1));
            if (body[at] != 0 || at + 5 + length > body.Length)
            {
                // Compressed messages would hide from a search; a call that was cut off has a last message that is not whole.
                Assert.True(body[at] == 0, "A message is compressed.");
                yield break;
            }

            yield return body.AsMemory(at + 5, length);
            at += 5 + length;
        }
    }
}

/// <summary>Bytes in the order in which they came.</summary>
internal sealed class ByteLog
{
    private readonly Lock _gate = new();
    private readonly List<byte> _bytes = [];

    public void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            _bytes.AddRange(bytes);
        }
    }

    public byte[] ToArray()
    {
        lock (_gate)
        {
            return [.. _bytes];
        }
    }
}

/// <summary>Records every byte that services get and give, behind TLS.</summary>
internal sealed class Tap
{
    private readonly ConcurrentQueue<Exchange> _exchanges = [];

    public IReadOnlyCollection<Exchange> Exchanges => _exchanges;

    public void Attach(string service, WebApplicationBuilder builder) => builder.Services.AddSingleton<IStartupFilter>(new Filter(this, service));

    private async Task RecordAsync(string service, HttpContext context, RequestDelegate next)
    {
        var certificate = context.Connection.ClientCertificate;
        var exchange = new Exchange(service, context.Request.Path, certificate is null ? "" : TlsCertificates.KeyOf(certificate).ToString());
        _exchanges.Enqueue(exchange);
        Note(exchange, context.Request.QueryString.Value ?? "", context.Request.Headers);
        context.Request.Body = new Tee(context.Request.Body, exchange.Request);
        context.Response.Body = new Tee(context.Response.Body, exchange.Response);
        try
        {
            await next(context);

            // The server ends the body that it made itself; what still waits before the copy would be lost.
            _ = await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        finally
        {
            Note(exchange, "", context.Response.Headers);
            if (context.Features.Get<IHttpResponseTrailersFeature>() is { } trailers)
            {
                Note(exchange, "", trailers.Trailers);
            }
        }
    }

    private static void Note(Exchange exchange, string query, IHeaderDictionary headers)
    {
        lock (exchange.Headers)
        {
            _ = exchange.Headers.Append(query);
            foreach (var (name, value) in headers)
            {
                _ = exchange.Headers.Append('\n').Append(name).Append(": ").Append(value.ToString());
            }
        }
    }

    private sealed class Filter(Tap tap, string service) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            _ = app.Use(following => context => tap.RecordAsync(service, context, following));
            next(app);
        };
    }

    /// <summary>Reads and writes through, and keeps a copy.</summary>
    private sealed class Tee(Stream inner, ByteLog copy) : Stream
    {
        public override bool CanRead => inner.CanRead;

        public override bool CanSeek => false;

        public override bool CanWrite => inner.CanWrite;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            await ReadAsync(buffer.AsMemory(offset, count), cancellationToken);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            Keep(buffer.Span[..read]);
            return read;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            await WriteAsync(buffer.AsMemory(offset, count), cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            // What was cut off comes again with the next flush.
            await inner.WriteAsync(buffer, cancellationToken);
            Keep(buffer.Span);
        }

        private void Keep(ReadOnlySpan<byte> bytes) => copy.Add(bytes);
    }
}
