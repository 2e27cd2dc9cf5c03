using CleanRoom.Attestation.Appraisals;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Collateral;
using Microsoft.Extensions.Logging.Abstractions;

namespace CleanRoom.Services.Tests.Attestation;

/// <summary>What a broker remembers of collateral, over restarts.</summary>
public sealed class VendorCollateralTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-collateral-");
    private readonly SigningKey _maker = SigningKey.Generate();

    [Fact]
    public void Context_OlderPackAfterARestart_DoesNotCount()
    {
        Put(2);
        Assert.Equal(1, Open().Context(Now).Collateral.Count);
        Put(1);
        Assert.Equal(0, Open().Context(Now).Collateral.Count);
        Put(3);
        Assert.Equal(1, Open().Context(Now).Collateral.Count);
    }

    [Fact]
    public void Context_LooseFileWhereMakersAreNamed_DoesNotCount()
    {
        File.WriteAllBytes(Path.Combine(_folder.FullName, "in", "loose.der"), Certificate());

        Assert.Equal(0, Open().Context(Now).Collateral.Count);
        Assert.Equal(1, Open(named: false).Context(Now).Collateral.Count);
    }

    [Fact]
    public void Open_DamagedMemory_StopsTheStart()
    {
        File.WriteAllText(Memory, "{}");

        Assert.Contains("collateral-memory.json", Assert.Throws<InvalidDataException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Context_NoFolder_HasNoCollateralAndMakesNoFile()
    {
        var collateral = new VendorCollateral(new CollateralPlaces(null, null, Memory), TimeProvider.System, NullLogger<VendorCollateral>.Instance);

        Assert.Equal(0, collateral.Context(Now).Collateral.Count);
        Assert.False(File.Exists(Memory));
    }

    public void Dispose()
    {
        _maker.Dispose();
        _folder.Delete(recursive: true);
    }

    private string Memory => Path.Combine(_folder.FullName, "collateral-memory.json");

    private VendorCollateral Open(bool named = true) => new(
        new CollateralPlaces(Directory.CreateDirectory(Path.Combine(_folder.FullName, "in")).FullName, named ? [_maker.PublicKey.Id] : null, Memory), TimeProvider.System,
        NullLogger<VendorCollateral>.Instance);

    private void Put(long number) => File.WriteAllText(
        Path.Combine(Directory.CreateDirectory(Path.Combine(_folder.FullName, "in")).FullName, "maker.pack"), CollateralPack.Write(_maker, number, Now, [Certificate()], []));

    private byte[] Certificate()
    {
        _ = Directory.CreateDirectory(Path.Combine(_folder.FullName, "in"));
        using var certificate = _maker.CreateSelfSignedCertificate("authority", Now, Now.AddYears(1));
        return certificate.RawData;
    }
}
