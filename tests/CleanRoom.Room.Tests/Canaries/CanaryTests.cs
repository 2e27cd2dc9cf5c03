using System.Text;
using CleanRoom.Charter;
using CleanRoom.Charter.Messages;
using CleanRoom.Room.Tests.Rooms;
using Google.Protobuf;

namespace CleanRoom.Room.Tests.Canaries;

/// <summary>
/// THREATS T1: strings planted in records are looked for in everything that the operator can see: files of ingestion, matching and notification with their names, every byte that comes
/// out of TLS at any service, logs at Trace, activities, measurements. The mutant "sealing-off" replaces HPKE by identity; this test then finds them.
/// </summary>
public sealed class CanaryTests(TappedRoom tapped, ITestOutputHelper output)
{
    private static readonly string[] OperatorFolders = ["ingestion", "matching", "notification"];

    [Fact]
    public void Canaries_AreInTheRecordsThatWereSealed()
    {
        foreach (var file in tapped.Files)
        {
            var record = file.Import.Rows[0].Record;
            var bytes = Encoding.Latin1.GetString(record.ToByteArray());
            foreach (var canary in TappedRoom.Sealed)
            {
                Assert.True(bytes.Contains(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(canary.Text)), StringComparison.Ordinal), $"{canary.Column} is not in the record of {file.Contributor.Id}.");
            }

            Assert.Empty(new CanarySearch(TappedRoom.StayHome).In("the record", record.ToByteArray()));
            Assert.True(file.Import.Rows[0].Seal.Identity);
        }

        Assert.Contains(tapped.Told[SmallCases.Contributors[0]], message => message is RoomMessage.MatchPointer);
        Assert.Contains(tapped.Told[SmallCases.Agency], message => message is RoomMessage.Notice);
    }

    [Fact]
    public void Canaries_AreNowhereAtTheOperator()
    {
        var search = new CanarySearch([.. TappedRoom.Sealed, .. TappedRoom.StayHome, TappedRoom.Reference]);
        var found = new List<Sighting>();
        long bytes = 0;
        foreach (var folder in OperatorFolders)
        {
            foreach (var (name, content) in FilesOf(tapped.Room.Demo.Folder(folder)))
            {
                bytes += content.Length;
                found.AddRange([.. search.In($"the name of file {folder}/{name}", name), .. search.In($"file {folder}/{name}", content)]);
            }
        }

        // Brokers too: they see keys and the log, never a record.
        foreach (var exchange in tapped.Tap.Exchanges)
        {
            var place = $"{exchange.Method} at {exchange.Service}";
            bytes += exchange.RequestBytes.Length + exchange.ResponseBytes.Length;
            found.AddRange([.. search.In("request " + place, exchange.RequestBytes), .. search.In("response " + place, exchange.ResponseBytes), .. search.In("headers " + place, exchange.Headers.ToString())]);
        }

        foreach (var line in tapped.Recorder.Lines)
        {
            found.AddRange(search.In($"log {line.Category} of {line.Service}", line.Text + "\n" + string.Join('\n', line.Values)));
        }

        found.AddRange(tapped.Recorder.Activities.SelectMany(activity => search.In("activity", activity)));
        found.AddRange(tapped.Recorder.Measurements.SelectMany(measurement => search.In("measurement", measurement)));
        output.WriteLine($"{search.Needles} strings in {bytes} bytes of {tapped.Tap.Exchanges.Count} calls and the files, {tapped.Recorder.Lines.Count} log lines, "
            + $"{tapped.Recorder.Activities.Count()} activities, {tapped.Recorder.Measurements.Count()} measurements");
        Assert.True(found.Count == 0, string.Join('\n', found.Take(20)));
    }

    /// <summary>
    /// Members' profiles: a contributor's own may hold its own record references (records.json is the map from its references to record ids, so that an upload of the same file changes
    /// nothing), and nothing else of a record: sealed batches are deleted once accepted, messages are kept sealed. Brokers and other members hold nothing at all.
    /// </summary>
    [Fact]
    public void Canaries_AreNowhereAtBrokersAndMembersButReferencesInTheOwnRecordMap()
    {
        var search = new CanarySearch([.. TappedRoom.Sealed, .. TappedRoom.StayHome]);
        var reference = new CanarySearch([TappedRoom.Reference]);
        var maps = new List<string>();
        foreach (var member in tapped.Room.Demo.Brokered)
        {
            foreach (var folder in new[] { tapped.Room.Demo.Folder("broker-" + member), tapped.Room.Demo.Folder(Path.Combine("members", member)) })
            {
                foreach (var (name, content) in FilesOf(folder))
                {
                    Assert.Empty(search.In($"{member}: {name}", content).Concat(search.In($"{member}: {name}", name)).Concat(reference.In(member, name)));
                    if (reference.In(name, content).Any())
                    {
                        Assert.Equal("records.json", Path.GetFileName(name));
                        maps.Add(member);
                    }
                }
            }
        }

        Assert.Equal(SmallCases.Contributors, maps.Order(StringComparer.Ordinal));
    }

    /// <summary>The contributors and the agency are told of the match, and of no field of the record.</summary>
    [Fact]
    public void Canaries_AreInNoMessageButTheOwnReference()
    {
        var search = new CanarySearch([.. TappedRoom.Sealed, .. TappedRoom.StayHome]);
        var reference = new CanarySearch([TappedRoom.Reference]);
        foreach (var (member, messages) in tapped.Told)
        {
            foreach (var message in messages)
            {
                Assert.Empty(search.In(member, JsonOf(member, message)));
            }
        }

        Assert.DoesNotContain(tapped.Told[SmallCases.Agency], message => reference.In("notice", JsonOf(SmallCases.Agency, message)).Any());
        Assert.Contains(tapped.Told[SmallCases.Contributors[0]], message => reference.In("pointer", JsonOf(SmallCases.Contributors[0], message)).Any());
    }

    private byte[] JsonOf(string member, RoomMessage message) => message.ToBytes(new MessagePlace(tapped.Room.Demo.Room, MemberId.Parse(member), 1, 1, true));

    /// <summary>What the taps and the search are worth: they see what must be there.</summary>
    [Fact]
    public void Taps_SeeWhatIsNotSecret()
    {
        var room = new CanarySearch([new Canary("room", tapped.Room.Demo.Room.ToString())]);
        foreach (var method in new[]
        {
            "/cleanroom.ingestion.v1.IngestionService/UploadBatch", "/cleanroom.ingestion.v1.IngestionService/ReadBatch", "/cleanroom.ingestion.v1.IngestionService/ReadEntries",
            "/cleanroom.ingestion.v1.IngestionService/Append", "/cleanroom.notification.v1.NotificationService/Deliver", "/cleanroom.notification.v1.NotificationService/Subscribe",
            "/cleanroom.matching.v1.MatchingService/GetStatus", "/cleanroom.attestation.v1.AttestationService/ReleaseKey", "/cleanroom.attestation.v1.AttestationService/Cosign",
        })
        {
            Assert.True(tapped.Tap.Exchanges.Where(exchange => exchange.Method == method)
                .Any(exchange => room.In("", exchange.RequestBytes).Concat(room.In("", exchange.ResponseBytes)).Any()), method);
        }

        foreach (var folder in new[] { "ingestion", "notification" })
        {
            Assert.Contains(FilesOf(tapped.Room.Demo.Folder(folder)), file => file.Name.EndsWith("-wal", StringComparison.Ordinal));
            Assert.Contains(FilesOf(tapped.Room.Demo.Folder(folder)), file => room.In("", file.Content).Any());
        }

        foreach (var service in tapped.Room.Demo.Brokered.Select(member => "broker-" + member).Concat(OperatorFolders))
        {
            Assert.Contains(tapped.Recorder.Lines, line => line.Service == service && line.Level == Microsoft.Extensions.Logging.LogLevel.Trace);
        }

        Assert.Contains(tapped.Recorder.Lines, line => line.Service == "matching" && room.In("", line.Text).Any());
        Assert.Contains(tapped.Recorder.Activities, activity => activity.Contains("UploadBatch", StringComparison.Ordinal));
        Assert.NotEmpty(tapped.Recorder.Measurements);
    }

    public static TheoryData<string, Func<string, byte[]>> Forms => new()
    {
        { "raw", Encoding.UTF8.GetBytes },
        { "upper-cased", text => Encoding.UTF8.GetBytes(text.ToUpperInvariant()) },
        { "lower-cased", text => Encoding.UTF8.GetBytes(text.ToLowerInvariant()) },
        { "decomposed", text => Encoding.UTF8.GetBytes(text.Normalize(NormalizationForm.FormD)) },
        { "without blanks", text => Encoding.UTF8.GetBytes(string.Concat(text.Where(char.IsLetterOrDigit))) },
        { "UTF-16LE", Encoding.Unicode.GetBytes },
        { "UTF-16BE", Encoding.BigEndianUnicode.GetBytes },
        { "hex", text => Encoding.ASCII.GetBytes(Convert.ToHexString(Encoding.UTF8.GetBytes(text)).ToLowerInvariant()) },
        { "hex in capitals", text => Encoding.ASCII.GetBytes(Convert.ToHexString(Encoding.UTF8.GetBytes(text))) },
        { "base64, first", text => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(text + "!!"))) },
        { "base64, second", text => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes("a" + text + "z"))) },
        { "base64, third", text => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes("bc" + text))) },
        { "base64url", text => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes("??" + text + "~~")).Replace('+', '-').Replace('/', '_')) },
        { "base64 of UTF-16LE", text => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.Unicode.GetBytes(text))) },
        { "JSON escapes", text => Encoding.UTF8.GetBytes(System.Text.Json.JsonSerializer.Serialize(text)) },
    };

    [Theory, MemberData(nameof(Forms))]
    public void Search_EachCanaryInEachForm_IsFound(string form, Func<string, byte[]> write)
    {
        var noise = System.Security.Cryptography.RandomNumberGenerator.GetBytes(4096);
        foreach (var canary in TappedRoom.Sealed)
        {
            var search = new CanarySearch([canary]);
            Assert.Empty(search.In("noise", noise));
            Assert.True(search.In("buffer", [.. noise, .. write(canary.Text), .. noise]).Any(), $"{canary.Column} as {form}");
        }
    }

    [Theory]
    [InlineData("Зюквельда Ворблюмпф", "ZYUKVELDA VORBLYUMPF")]
    [InlineData("+855 50 000 987", "+85550000987")]
    [InlineData("+855 50 000 987", "85550000987")]
    [InlineData("+855 50 000 987", "050000987")]
    public void Search_NumbersAndNamesInOtherWritings_AreFound(string planted, string written)
    {
        Assert.NotEmpty(new CanarySearch([new Canary("x", planted)]).In("buffer", written));
        Assert.NotEmpty(new CanarySearch([new Canary("x", planted)]).In("buffer", Convert.ToBase64String(Encoding.UTF8.GetBytes("a" + written + "b"))));
    }

    /// <summary>All files of a folder, also those that a database has open.</summary>
    internal static List<(string Name, byte[] Content)> FilesOf(string folder)
    {
        var files = new List<(string, byte[])>();
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            files.Add((Path.GetRelativePath(folder, path), copy.ToArray()));
        }

        return files;
    }
}
