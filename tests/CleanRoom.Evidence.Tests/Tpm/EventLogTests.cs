using System.Security.Cryptography;
using System.Text;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Files;
using CleanRoom.Evidence.Tests.Vectors;

namespace CleanRoom.Evidence.Tests.Tpm;

/// <summary>Event logs: replaying them gives the registers that real quotes cover, and a changed log gives others.</summary>
public sealed class EventLogTests
{
    private static readonly ushort[] Banks = [TpmAlgorithms.Sha256, TpmAlgorithms.Sha384];

    [Fact]
    public void Replay_LogOfATrustDomain_GivesItsRuntimeMeasurements()
    {
        Assert.True(EventLog.TryParse(Published.File("tdx/gotdx-cos113/ccel_data.bin"), out var log));
        Assert.True(DcapQuote.TryParse(Published.File("tdx/gotdx-cos113/quote.bin"), out var quote, out _));
        var body = new TdReportBody(quote.Body);

        var registers = log.Replay(TpmAlgorithms.Sha384)!;

        Assert.NotEmpty(registers);
        Assert.All(registers, register => Assert.Equal(Convert.ToHexStringLower(body.RuntimeMeasurement((int)register.Key - 1)), Convert.ToHexStringLower(register.Value)));
        Assert.Contains(1u, registers.Keys);
    }

    [Theory]
    [InlineData("gce-cos-85-no-nonce.pb")]
    [InlineData("gce-cos-85-nonce9009.pb")]
    public void Replay_LogOfATpm_GivesItsRegisters(string file)
    {
        Assert.True(ProtobufMessage.TryParse(Published.File("tpm/gce-cos-85/" + file), out var message));
        Assert.True(EventLog.TryParse(message.Single(3)!.Value.Span, out var log));
        foreach (var bank in Banks)
        {
            var quoted = message.Messages(2)!.Select(part => part.Messages(3)![0]).Single(pcrs => pcrs.Number(1) == bank)
                .Messages(2)!.ToDictionary(entry => (uint)entry.Number(1)!, entry => entry.Single(2)!.Value.ToArray());
            if (log.Replay(bank) is { } registers)
            {
                Assert.All(registers, register => Assert.Equal(Convert.ToHexStringLower(quoted[register.Key]), Convert.ToHexStringLower(register.Value)));
            }
        }

        Assert.Null(log.Replay(TpmAlgorithms.Sha1));
        Assert.NotNull(log.Replay(TpmAlgorithms.Sha256));
    }

    [Fact]
    public void Replay_OneDigestChanged_GivesAnotherRegister()
    {
        var log = Log();
        Assert.True(EventLog.TryParse(log, out var good));
        log[^20] ^= 1;
        Assert.True(EventLog.TryParse(log, out var changed));

        Assert.NotEqual(good.Replay(TpmAlgorithms.Sha256)![4], changed.Replay(TpmAlgorithms.Sha256)![4]);
        Assert.Null(good.Replay(TpmAlgorithms.Sha384));
    }

    [Fact]
    public void TryParse_PaddedOrCutLog_IsReadToItsEndOrRefused()
    {
        var log = Log();

        Assert.True(EventLog.TryParse([.. log, .. new byte[64]], out _));
        Assert.True(EventLog.TryParse([.. log, .. Enumerable.Repeat((byte)0xFF, 64)], out _));
        Assert.False(EventLog.TryParse(log.AsSpan(0, log.Length - 1), out _));
        Assert.False(EventLog.TryParse([.. log, 1], out _));
        Assert.False(EventLog.TryParse([], out _));
    }

    [Fact]
    public void TryParse_ChangedInputs_ParseOrNot()
    {
        var random = new Random(20261121);
        var log = Log();
        for (var i = 0; i < 4000; i++)
        {
            var changed = log.ToArray();
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
            _ = EventLog.TryParse(changed, out var parsed) ? parsed.Replay(TpmAlgorithms.Sha256) : null;
        }
    }

    internal static byte[] Log()
    {
        byte[] header = [.. "Spec ID Event03\0"u8, .. new byte[8], 1, 0, 0, 0, 0x0B, 0, 32, 0, 0];
        return
        [
            .. new byte[4], 3, 0, 0, 0, .. new byte[20], (byte)header.Length, 0, 0, 0, .. header,
            .. Event(0, SHA256.HashData("firmware"u8), "firmware"), .. Event(4, SHA256.HashData("loader"u8), "loader"),
        ];
    }

    private static byte[] Event(byte register, byte[] digest, string text) =>
        [register, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0x0B, 0, .. digest, (byte)text.Length, 0, 0, 0, .. Encoding.UTF8.GetBytes(text)];
}
