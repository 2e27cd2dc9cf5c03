using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using CleanRoom.Cryptography;

namespace CleanRoom.Services.Tests.Rooms;

/// <summary>A service as a process of its own, to be killed.</summary>
internal sealed class ServiceProcess
{
    private readonly Process _process;

    private ServiceProcess(Process process, Uri address, KeyId pin)
    {
        _process = process;
        Address = address;
        Pin = pin;
    }

    public Uri Address { get; }

    public KeyId Pin { get; }

    public static async Task<ServiceProcess> StartAsync(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, name + ".dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException("The service did not start.");
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        if (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is not { } line)
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            throw new InvalidOperationException($"The service did not start: {errors}");
        }

        // "Listening on ADDRESS key KEY"
        var words = line.Split(' ');
        return new ServiceProcess(process, new Uri(words[2]), KeyId.Parse(words[4]));
    }

    /// <summary>Kills it with SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
    }
}

/// <summary>Numbers that a seed decides, the same on every machine.</summary>
internal sealed class Lot(string seed)
{
    private int _drawn;

    public int Next(int least, int end)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {_drawn++}"));
        return least + (BitConverter.ToUInt16(hash) % (end - least));
    }
}
