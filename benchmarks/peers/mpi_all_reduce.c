// MPI_Allreduce of floats by size: mpi_all_reduce <bytes>,<calls> ... Rank 0 writes a line of JSON for each.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int count, char** arguments) {
  MPI_Init(&count, &arguments);
  int rank;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (int i = 1; i < count; ++i) {
    int bytes, calls;
    sscanf(arguments[i], "%d,%d", &bytes, &calls);
    float* x = calloc(bytes / 4, 4);
    MPI_Allreduce(MPI_IN_PLACE, x, bytes / 4, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    MPI_Barrier(MPI_COMM_WORLD);
    const double start = MPI_Wtime();
    const clock_t cpu = clock();
    for (int j = 0; j < calls; ++j)
      MPI_Allreduce(MPI_IN_PLACE, x, bytes / 4, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0)
      printf("{\"bytes\": %d, \"seconds\": %.9f, \"cpuSeconds\": %.9f}\n", bytes,
             (MPI_Wtime() - start) / calls, (double)(clock() - cpu) / CLOCKS_PER_SEC / calls);
    free(x);
  }
  MPI_Finalize();
  return 0;
}
