using System.Globalization;
using System.Text.RegularExpressions;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Platforms;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Protocol.Matching.V1;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Room.Tests.Rooms;
using CleanRoom.Transport;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace CleanRoom.Room.Tests.Canaries;

/// <summary>
/// THREATS T15: every value in every line that our services log is of a kind on this list, and what callers put into fields reaches neither a log nor an error's text.
/// </summary>
public sealed partial class LogTests(TappedRoom tapped, ITestOutputHelper output)
{
    /// <summary>Values that a line of ours may hold, by the name in its template. A new name is added here after asking what it can hold.</summary>
    private static readonly Dictionary<string, Func<string, bool>> Allowed = new(StringComparer.Ordinal)
    {
        ["Room"] = IsUuid,
        ["Batch"] = IsUuid,
        ["Member"] = IsMember,
        ["Witness"] = IsMember,
        ["Key"] = text => KeyId.TryParse(text, out _),
        ["Peer"] = text => text.Length == 0 || text == "(null)" || KeyId.TryParse(text, out _),
        ["Method"] = text => MethodPattern().IsMatch(text),
        ["Address"] = text => AddressPattern().IsMatch(text),
        ["Reason"] = IsWord,
        ["Lack"] = text => EvidencePlatforms.Names.Any(name => text.StartsWith(name + ": ", StringComparison.Ordinal)),
        ["Status"] = IsWord,
        ["Failure"] = text => text.Split(" < ").All(IsWord),
        ["ExceptionType"] = IsWord,
        ["ExceptionTypes"] = text => text.Split(" < ").All(IsWord),
        ["Frames"] = text => text.Split(';').All(frame => frame.Trim() is "" or ['a', 't', ' ', ..] || frame.Contains("End of stack trace", StringComparison.Ordinal)),
        ["Delay"] = text => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out _),
        ["Evaluated"] = text => bool.TryParse(text, out _),
        ["StandsIn"] = text => bool.TryParse(text, out _),
        ["Size"] = IsNumber,
        ["Cosigned"] = IsNumber,
        ["Cosignatures"] = IsNumber,
        ["WitnessSize"] = IsNumber,
        ["Attempt"] = IsNumber,
        ["Index"] = IsNumber,
        ["Position"] = IsNumber,
        ["Generation"] = IsNumber,
        ["Epoch"] = IsNumber,
        ["Period"] = IsNumber,
        ["Part"] = IsNumber,
        ["Parts"] = IsNumber,
        ["Through"] = IsNumber,
        ["Uploads"] = IsNumber,
        ["Stored"] = IsNumber,
        ["Existed"] = IsNumber,
    };

    private static readonly ServiceDescriptor[] Services =
        [IngestionService.Descriptor, MatchingService.Descriptor, NotificationService.Descriptor, AttestationService.Descriptor, BrokerService.Descriptor];

    [Fact]
    public void Logs_OfAWholeRoom_HoldNoValueThatIsNotOnTheList()
    {
        var ours = tapped.Recorder.Lines.Where(line => line.Category.StartsWith("CleanRoom.", StringComparison.Ordinal)).ToList();
        foreach (var template in ours.GroupBy(line => line.Template).OrderByDescending(group => group.Count()))
        {
            output.WriteLine($"{template.Count(),5} {template.Key}");
        }

        Assert.True(ours.Count > 50, $"{ours.Count} lines");
        foreach (var line in ours)
        {
            foreach (var (name, value) in line.Values)
            {
                Assert.True(Allowed.TryGetValue(name, out var fits), $"{line.Category}: \"{line.Template}\" has a value \"{name}\" that is not on the list.");
                Assert.True(fits(value), $"{line.Category}: \"{line.Template}\": {name} holds something else than its kind.");
            }
        }
    }

    [Fact]
    public void Logs_AtTheServicesOwnSettings_HoldNoLineOfOthers()
    {
        // What the filters of the service defaults let through beside our own lines.
        var others = tapped.Recorder.Lines.Where(line => line.Level >= LogLevel.Warning && !line.Category.StartsWith("CleanRoom.", StringComparison.Ordinal)
            && !Muted().IsMatch(line.Category)).Select(line => $"{line.Level} {line.Category} {line.Template}").Distinct();
        Assert.Empty(others);
    }

    /// <summary>Each text and bytes field of each method, one after the other, holds a canary; the other fields are as a caller filled them in this room.</summary>
    [Fact]
    public async Task Errors_ProvokedOnEveryField_CarryNothingOfItIntoLogsOrAnswers()
    {
        var profile = tapped.Room.Demo.Profiles[SmallCases.Contributors[0]];
        var charter = tapped.Room.Demo.Charter;
        using var certificate = profile.OpenTransportCertificate();
        var broker = charter.Contributors.First(member => member.Id == profile.Member).Broker!;
        var planted = new List<Canary>();
        var answers = new List<string>();
        foreach (var service in Services)
        {
            var (address, key) = service.FullName switch
            {
                "cleanroom.ingestion.v1.IngestionService" => (charter.Operator.Ingestion.Endpoint, charter.Operator.Ingestion.Tls),
                "cleanroom.matching.v1.MatchingService" => (charter.Operator.Matching.Endpoint, charter.Operator.Matching.Tls),
                "cleanroom.notification.v1.NotificationService" => (charter.Operator.Notification.Endpoint, charter.Operator.Notification.Tls),
                _ => (broker.Endpoint, broker.Tls),
            };
            using var channel = PinnedChannel.Create(address, key, certificate, new PinnedChannelOptions { MaxAttempts = 1 });
            foreach (var method in service.Methods)
            {
                foreach (var (field, message) in Poisoned(Captured(method), planted))
                {
                    answers.Add($"{method.FullName} {field}: {await CallAsync(channel.CallInvoker, method, message.ToByteArray())}");
                }
            }
        }

        output.WriteLine(string.Join('\n', answers));
        Assert.True(planted.Count >= 39, $"{planted.Count} fields");
        var search = new CanarySearch(planted);
        Assert.Empty(answers.SelectMany(answer => search.In("answer", answer)));
        Assert.Empty(tapped.Recorder.Lines.SelectMany(line => search.In($"{line.Category}: {line.Template}", line.Text + "\n" + string.Join('\n', line.Values))));
        Assert.Empty(tapped.Recorder.Activities.Concat(tapped.Recorder.Measurements).SelectMany(text => search.In("telemetry", text)));
        Assert.Empty(tapped.Tap.Exchanges.SelectMany(exchange => search.In("response " + exchange.Method, exchange.ResponseBytes)));
        foreach (var folder in Directory.EnumerateDirectories(tapped.Room.Home.FullName))
        {
            Assert.Empty(CanaryTests.FilesOf(folder).SelectMany(file => search.In($"{Path.GetFileName(folder)}/{file.Name}", file.Content)));
        }
    }

    /// <summary>A request that a caller made in this room, so that the one poisoned field is not hidden behind others that are missing.</summary>
    private IMessage Captured(MethodDescriptor method)
    {
        var path = $"/{method.Service.FullName}/{method.Name}";
        var broker = "broker-" + SmallCases.Contributors[0];
        var body = tapped.Exchanges.Where(exchange => exchange.Method == path && (exchange.Service == broker || !exchange.Service.StartsWith("broker-", StringComparison.Ordinal))).Select(exchange => exchange.RequestBytes).FirstOrDefault(bytes => bytes.Length > 5) ?? [];
        var message = Exchange.Messages(body).Select(bytes => method.InputType.Parser.ParseFrom(bytes.Span)).FirstOrDefault() ?? method.InputType.Parser.ParseFrom([]);
        if (method.InputType.FindFieldByName("room") is { FieldType: FieldType.String } field)
        {
            field.Accessor.SetValue(message, tapped.Room.Demo.Room.ToString());
        }

        return message;
    }

    private static IEnumerable<(string Field, IMessage Message)> Poisoned(IMessage original, List<Canary> planted)
    {
        foreach (var field in original.Descriptor.Fields.InDeclarationOrder().Where(field => !field.IsMap))
        {
            if (field.FieldType == FieldType.Message)
            {
                var inner = (field.IsRepeated ? null : (IMessage?)field.Accessor.GetValue(original)) ?? field.MessageType.Parser.ParseFrom([]);
                foreach (var (name, message) in Poisoned(inner, planted))
                {
                    yield return ($"{field.Name}.{name}", Put(original, field, message));
                }
            }
            else if (field.FieldType is FieldType.String or FieldType.Bytes)
            {
                var canary = new Canary($"{original.Descriptor.Name}.{field.Name}", $"Prvkd{planted.Count:000}zqx{field.FieldNumber}w");
                planted.Add(canary);
                yield return (field.Name, Put(original, field, field.FieldType == FieldType.String ? canary.Text : ByteString.CopyFromUtf8(canary.Text)));
            }
        }
    }

    private static IMessage Put(IMessage original, FieldDescriptor field, object value)
    {
        var message = original.Descriptor.Parser.ParseFrom(original.ToByteArray());
        if (field.IsRepeated)
        {
            _ = ((System.Collections.IList)field.Accessor.GetValue(message)).Add(value);
        }
        else
        {
            field.Accessor.SetValue(message, value);
        }

        return message;
    }

    private static async Task<string> CallAsync(CallInvoker invoker, MethodDescriptor descriptor, byte[] request)
    {
        var bytes = Marshallers.Create<byte[]>(content => content, content => content);
        var method = new Method<byte[], byte[]>(
            (descriptor.IsClientStreaming, descriptor.IsServerStreaming) switch
            {
                (true, false) => MethodType.ClientStreaming,
                (false, true) => MethodType.ServerStreaming,
                _ => MethodType.Unary,
            },
            descriptor.Service.FullName, descriptor.Name, bytes, bytes);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(WholeRoom.Token);
        patience.CancelAfter(TimeSpan.FromSeconds(10));
        var options = new CallOptions(cancellationToken: patience.Token);
        try
        {
            switch (method.Type)
            {
                case MethodType.ClientStreaming:
                    using (var call = invoker.AsyncClientStreamingCall(method, null, options))
                    {
                        await call.RequestStream.WriteAsync(request, patience.Token);
                        await call.RequestStream.CompleteAsync();
                        return "answered: " + Convert.ToHexString(await call.ResponseAsync);
                    }

                case MethodType.ServerStreaming:
                    using (var call = invoker.AsyncServerStreamingCall(method, null, options, request))
                    {
                        return await call.ResponseStream.MoveNext(patience.Token) ? "answered: " + Convert.ToHexString(call.ResponseStream.Current) : "ended";
                    }

                default:
                    return "answered: " + Convert.ToHexString(await invoker.AsyncUnaryCall(method, null, options, request));
            }
        }
        catch (CleanRoomException exception)
        {
            return $"{exception.Reason}: {exception.Message} [{exception.Field}] {exception.Remedy} {exception.InnerException?.Message}";
        }
        catch (InvalidOperationException)
        {
            // The server has answered before it read the whole request.
            return "refused early";
        }
    }

    private static bool IsUuid(string text) => Guid.TryParseExact(text, "D", out _);

    private static bool IsNumber(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    /// <summary>The name of a member of an enumeration, or of a type.</summary>
    private static bool IsWord(string text) => WordPattern().IsMatch(text);

    private static bool IsMember(string text) => text == SmallCases.Agency || SmallCases.Contributors.Contains(text);

    [GeneratedRegex(@"^[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9`+]*)*$")]
    private static partial Regex WordPattern();

    [GeneratedRegex(@"^/(cleanroom\.[a-z]+\.v1|grpc\.[a-z0-9.]+)\.[A-Za-z]+/[A-Za-z]+$")]
    private static partial Regex MethodPattern();

    [GeneratedRegex(@"^https://127\.0\.0\.1:[0-9]+/?$")]
    private static partial Regex AddressPattern();

    [GeneratedRegex(@"^(Grpc|Microsoft\.AspNetCore\.Server\.Kestrel|Microsoft\.Extensions\.Hosting|Microsoft\.AspNetCore\.Diagnostics)")]
    private static partial Regex Muted();
}
