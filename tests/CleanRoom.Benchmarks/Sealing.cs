using System.Security.Cryptography;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;
using CleanRoom.Matching.Records;
using CleanRoom.Records;

namespace CleanRoom.Benchmarks;

/// <summary>Batches of made records, sealed as the client does.</summary>
internal sealed class SealedBatches : IDisposable
{
    private readonly HpkePrivateKey _key = HpkePrivateKey.Generate();
    private readonly RoomId _room = RoomId.From(RandomUuid.New());

    public HpkePrivateKey Key => _key;

    public static List<SealItem> Items(int from, int count, string contributor) =>
    [
        .. Enumerable.Range(from, count).Select(number =>
        {
            var record = MadeRecords.Make(number, contributor);
            var parts = CaseRecordParts.Split(record);
            return new SealItem(record.ContributorRecordRef, new Guid(record.RecordId.Span, bigEndian: true), 1, "", parts.Identity, parts.Analytic);
        }),
    ];

    /// <summary>Seals; gives the manifest and the ciphertexts.</summary>
    public (BatchEntry Manifest, byte[][] Parts) Seal(IReadOnlyList<SealItem> items, string contributor)
    {
        var terms = new BatchTerms(
            _room, MemberId.Parse(contributor), Digest.Of("charter"u8), new LogPosition(1, Digest.Of("root"u8)), Digest.Of("dataset"u8),
            DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().AddDays(90).ToUnixTimeSeconds()), _key.PublicKey, 1, null);
        using var output = new MemoryStream();
        var (manifest, lengths) = BatchSealer.Seal(terms, items, (EntryId.From(RandomUuid.New()), BatchId.From(RandomUuid.New())), output, CancellationToken.None);
        var all = output.GetBuffer().AsSpan();
        var parts = new byte[lengths.Length][];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = all[..lengths[i]].ToArray();
            all = all[lengths[i]..];
        }
        return (manifest, parts);
    }

    public void Dispose() => _key.Dispose();
}

/// <summary>Seal and open whole batches, against AES-256-GCM alone over as many buffers of the same sizes.</summary>
internal static class SealAndOpen
{
    private const int Records = 1024;

    public static void Run(Report report)
    {
        using var batches = new SealedBatches();
        var items = SealedBatches.Items(0, Records, "alpha");
        var (manifest, parts) = batches.Seal(items, "alpha");
        var buffers = parts.Select(part => new byte[part.Length - 16]).ToArray();
        var sealedBuffers = buffers.Select(buffer => new byte[buffer.Length]).ToArray();
        var tags = buffers.Select(_ => new byte[16]).ToArray();
        var nonce = new byte[12];
        using var aes = new AesGcm(new byte[32], 16);
        var times = Report.SideBySide(
            7,
            () => batches.Seal(items, "alpha"),
            () =>
            {
                using var opener = BatchOpener.Create(manifest, batches.Key)!;
                var opened = 0;
                for (var i = 0; i < parts.Length; i++)
                {
                    opened += manifest.IsPart(i, parts[i]) && opener.Take(i, parts[i]) is { } slot && opener.Read(slot) is not null ? 1 : 0;
                }
                if (opened != Records || opener.Refusals.Count > 0)
                {
                    throw new InvalidOperationException("A record did not open.");
                }
            },
            () =>
            {
                for (var i = 0; i < buffers.Length; i++)
                {
                    aes.Encrypt(nonce, buffers[i], sealedBuffers[i], tags[i]);
                }
            },
            () =>
            {
                for (var i = 0; i < buffers.Length; i++)
                {
                    aes.Decrypt(nonce, sealedBuffers[i], tags[i], buffers[i]);
                }
            });
        var megabytes = buffers.Sum(buffer => (double)buffer.Length) / 1e6;
        report.Add("seal", "records", Records / times[0], "records/s");
        report.Add("seal", "padded plaintext", megabytes / times[0], "MB/s");
        report.Add("seal", "AES-256-GCM alone, same buffers", megabytes / times[2], "MB/s");
        report.Add("seal", "time, as a multiple of AES-GCM alone", times[0] / times[2], "x");
        report.Add("open", "records, parsed and joined", Records / times[1], "records/s");
        report.Add("open", "padded plaintext", megabytes / times[1], "MB/s");
        report.Add("open", "AES-256-GCM alone, same buffers", megabytes / times[3], "MB/s");
        report.Add("open", "time, as a multiple of AES-GCM alone", times[1] / times[3], "x");
    }
}
