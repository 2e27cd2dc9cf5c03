using System.Globalization;
using System.Text.Json;
using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Notification.Inboxes;
using CleanRoom.Storage;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace CleanRoom.Notification.Page;

/// <summary>What the inbox page calls (docs/protocol.md §8). Each class of connection reaches its own endpoints only: browsers no gRPC, mTLS peers no page.</summary>
internal static class PageEndpoints
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'";

    private const string JsonLines = "application/x-ndjson";
    private const int MaximumBody = 8 << 10;

    // A sealed act of 16 KiB, twice in base64, with its head and signature.
    private const int MaximumEntry = 32 << 10;
    private const int MaximumWait = 25;
    private const int MaximumFrames = 256;

    private sealed class PageEndpoint;

    public static void AddPage(this WebApplicationBuilder builder)
    {
        builder.Services.AddCheckedOptions<PageOptions, PageOptionsValidator>(PageOptions.SectionName);
        builder.Services.AddSingleton<IConfigureOptions<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>, PageListener>();
        builder.Services.AddSingleton<PageCertificate>();
        builder.Services.AddSingleton<SignInDesk>();
        builder.Services.AddSingleton<MemberLog>();
        builder.Services.AddSingleton<PageFiles>();
        builder.Services.AddHostedService<PageAnnouncement>();
        builder.Services.AddSingleton<SignInLimit>();
    }

    public static void MapPage(this WebApplication app)
    {
        app.Use(Guard);
        if (app.Services.GetRequiredService<IOptions<PageOptions>>().Value.Port is null)
        {
            return;
        }

        Map("POST", "/api/challenge", (context, _) => ChallengeAsync(context));
        Map("POST", "/api/sign-in", (context, _) => SignInAsync(context));
        Map("POST", "/api/sign-out", (context, _) => SignOutAsync(context));
        Map("GET", "/api/log", LogAsync, signedIn: true);
        Map("GET", "/api/messages", MessagesAsync, signedIn: true);
        Map("GET", "/api/inbox", InboxAsync, signedIn: true);
        Map("POST", "/api/acknowledge", AcknowledgeAsync, signedIn: true);
        Map("POST", "/api/entries", EntryAsync, signedIn: true);
        var files = app.Services.GetRequiredService<PageFiles>();
        app.MapMethods("/{file?}", ["GET", "HEAD"], files.ServeAsync).WithMetadata(new PageEndpoint());

        void Map(string method, string pattern, Func<HttpContext, PageSession, Task> answer, bool signedIn = false) =>
            app.MapMethods(pattern, [method, "OPTIONS"], async context =>
            {
                try
                {
                    var session = signedIn ? await context.RequestServices.GetRequiredService<SignInDesk>().RequireAsync(Token(context), context.RequestAborted) : null;
                    await answer(context, session!);
                }
                catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
                {
                    // The browser has gone.
                }
                catch (Exception exception) when (exception is CleanRoomException or StorageException && !context.Response.HasStarted)
                {
                    await RefuseAsync(context, exception as CleanRoomException ?? new CleanRoomException(ErrorReason.Unavailable, "The inbox cannot be read now.", null, "Try again later."));
                }
            }).WithMetadata(new PageEndpoint());
    }

    private static async Task Guard(HttpContext context, RequestDelegate next)
    {
        var fromBrowser = context.Features.Get<PageConnection>() is not null;
        if (fromBrowser != (context.GetEndpoint()?.Metadata.GetMetadata<PageEndpoint>() is not null))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (!fromBrowser)
        {
            await next(context);
            return;
        }

        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.StrictTransportSecurity = "max-age=31536000";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        headers.CacheControl = "no-store";
        if (context.Request.Headers.Origin is { Count: > 0 } origin && origin != Audience(context.Request))
        {
            var options = context.RequestServices.GetRequiredService<IOptions<PageOptions>>().Value;
            if (!options.Origins.Contains(origin.ToString()))
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return;
            }

            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlAllowHeaders = "authorization, content-type";
            headers["Cross-Origin-Resource-Policy"] = "cross-origin";
            headers.Append(HeaderNames.Vary, HeaderNames.Origin);
        }

        if (HttpMethods.IsOptions(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        await next(context);
    }

    private static string Audience(HttpRequest request) => $"https://{request.Host.Value}";

    private static string? Token(HttpContext context) =>
        context.Request.Headers.Authorization.ToString() is var text && text.StartsWith("Bearer ", StringComparison.Ordinal) ? text["Bearer ".Length..] : null;

    private static Task ChallengeAsync(HttpContext context)
    {
        Admit(context);
        return WriteAsync(context, writer => writer.WriteString("challenge", context.RequestServices.GetRequiredService<SignInDesk>().Challenge()));
    }

    private static async Task SignInAsync(HttpContext context)
    {
        Admit(context);
        using var body = await BodyAsync(context);
        var json = body.RootElement;
        var jwk = json.TryGetProperty("key", out var key) ? key : default;
        var signed = json.TryGetProperty("signed", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        var (token, session) = await context.RequestServices.GetRequiredService<SignInDesk>().SignInAsync(jwk, signed, Audience(context.Request), context.RequestAborted);
        await WriteAsync(context, writer =>
        {
            writer.WriteString("token", token);
            writer.WriteString("member", session.Member.Value);
            writer.WriteNumber("idleSeconds", (long)context.RequestServices.GetRequiredService<IOptions<PageOptions>>().Value.SessionIdle.TotalSeconds);
        });
    }

    private static Task SignOutAsync(HttpContext context)
    {
        if (Token(context) is { } token)
        {
            context.RequestServices.GetRequiredService<SignInDesk>().SignOut(token);
        }

        // Who keeps sealed keys on the device says so; for all others nothing stays.
        context.Response.Headers["Clear-Site-Data"] = context.Request.Query["keep"] == "keys" ? "\"cache\", \"cookies\"" : "\"cache\", \"cookies\", \"storage\"";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static Task LogAsync(HttpContext context, PageSession session)
    {
        var from = Number(context, "from", long.MaxValue);
        context.Response.ContentType = JsonLines;
        return context.RequestServices.GetRequiredService<MemberLog>().WriteAsync(
            session.Room, session.Member, (ulong)from, context.Response.BodyWriter.AsStream(), context.RequestAborted);
    }

    /// <summary>Frames after a number, up to <c>most</c>; waits for the next one for <c>wait</c> seconds where there is none.</summary>
    private static async Task MessagesAsync(HttpContext context, PageSession session)
    {
        var after = Number(context, "after", long.MaxValue);
        var wait = Number(context, "wait", MaximumWait);
        var most = (int)Number(context, "most", MaximumFrames);
        var frames = await context.RequestServices.GetRequiredService<InboxStreams>().ReadAsync(
            session.Room, session.Key, after, most == 0 ? MaximumFrames : most, TimeSpan.FromSeconds(wait), context.RequestAborted);
        context.Response.ContentType = JsonLines;
        var output = context.Response.BodyWriter.AsStream();
        foreach (var frame in frames)
        {
            using (var writer = new Utf8JsonWriter(output))
            {
                writer.WriteStartObject();
                writer.WriteNumber("number", frame.Number);
                writer.WriteString("header", frame.Header);
                writer.WriteString("ciphertext", StrictBase64.EncodeUrl(frame.Ciphertext.Span));
                writer.WriteStartArray("path");
                foreach (var hash in frame.Path)
                {
                    writer.WriteStringValue(StrictBase64.EncodeUrl(hash.Span));
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
                await writer.FlushAsync(context.RequestAborted);
            }

            output.WriteByte((byte)'\n');
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private static async Task InboxAsync(HttpContext context, PageSession session)
    {
        var through = await context.RequestServices.GetRequiredService<InboxStreams>().FindAcknowledgedAsync(session.Room, session.Key, context.RequestAborted);
        await WriteAsync(context, writer => writer.WriteNumber("acknowledged", through));
    }

    private static async Task AcknowledgeAsync(HttpContext context, PageSession session)
    {
        using var body = await BodyAsync(context);
        if (!body.RootElement.TryGetProperty("through", out var value) || value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var through) || through < 0)
        {
            throw new CleanRoomException(ErrorReason.InvalidArgument, "The number must be 0 or more.", "through");
        }

        var inboxes = context.RequestServices.GetRequiredService<InboxStreams>();
        var now = await inboxes.AcknowledgeAsync(session.Room, session.Key, through, context.RequestAborted);
        await WriteAsync(context, writer => writer.WriteNumber("acknowledged", now));
    }

    /// <summary>Hands an act of the member's people on to the log, which judges it; what it says is sealed.</summary>
    private static async Task EntryAsync(HttpContext context, PageSession session)
    {
        using var body = await BodyAsync(context, MaximumEntry);
        var leaf = body.RootElement.TryGetProperty("leaf", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        var index = await context.RequestServices.GetRequiredService<MemberLog>().AppendAsync(session.Room, session.Member, leaf, context.RequestAborted);
        await WriteAsync(context, writer => writer.WriteNumber("index", index));
    }

    private static void Admit(HttpContext context)
    {
        if (!context.RequestServices.GetRequiredService<SignInLimit>().Admits(context.Connection.RemoteIpAddress))
        {
            throw new CleanRoomException(ErrorReason.RateLimited, "Too many attempts to sign in came from this address.", null, "Wait a minute.") { RetryAfter = TimeSpan.FromMinutes(1) };
        }
    }

    private static long Number(HttpContext context, string name, long most) => context.Request.Query[name].ToString() switch
    {
        "" => 0,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= most => value,
        _ => throw new CleanRoomException(ErrorReason.InvalidArgument, $"The number must be 0 to {most}.", name),
    };

    private static async Task<JsonDocument> BodyAsync(HttpContext context, int most = MaximumBody)
    {
        if (!context.Request.HasJsonContentType() || !(context.Request.ContentLength > 0 && context.Request.ContentLength <= most))
        {
            throw new CleanRoomException(ErrorReason.InvalidArgument, $"The body must be JSON of at most {most >> 10} KiB, with its length.", null);
        }

        try
        {
            var body = await JsonDocument.ParseAsync(context.Request.Body, new JsonDocumentOptions { MaxDepth = 8 }, context.RequestAborted);
            if (body.RootElement.ValueKind == JsonValueKind.Object)
            {
                return body;
            }

            body.Dispose();
        }
        catch (JsonException)
        {
            // Falls through to the one answer.
        }

        throw new CleanRoomException(ErrorReason.InvalidArgument, "The body is no JSON object.", null);
    }

    private static Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.WrittenCount;
        return context.Response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted).AsTask();
    }

    private static Task RefuseAsync(HttpContext context, CleanRoomException refusal)
    {
        context.Response.StatusCode = refusal.Reason switch
        {
            ErrorReason.InvalidArgument or ErrorReason.OutOfRange => StatusCodes.Status400BadRequest,
            ErrorReason.Unauthenticated or ErrorReason.NonceUnknown or ErrorReason.SignatureInvalid => StatusCodes.Status401Unauthorized,
            ErrorReason.UnknownMember or ErrorReason.PermissionDenied or ErrorReason.RoleMissing or ErrorReason.UnknownKey => StatusCodes.Status403Forbidden,
            ErrorReason.UnknownRoom or ErrorReason.NotFound => StatusCodes.Status404NotFound,
            ErrorReason.EntryInvalid => StatusCodes.Status422UnprocessableEntity,
            ErrorReason.AlreadyExists or ErrorReason.FailedPrecondition or ErrorReason.CharterNotInForce or ErrorReason.CharterExpired => StatusCodes.Status409Conflict,
            ErrorReason.RateLimited or ErrorReason.ResourceExhausted => StatusCodes.Status429TooManyRequests,
            _ => StatusCodes.Status503ServiceUnavailable,
        };
        if (RpcErrors.RetryAfterOf(refusal) is { } wait && wait > TimeSpan.Zero)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
        }

        return WriteAsync(context, writer =>
        {
            writer.WriteString("reason", refusal.Reason.ToString());
            writer.WriteString("message", refusal.Message);
            writer.WriteString("remedy", refusal.Remedy);
        });
    }
}
